import { remembering } from '../../../../server/domain/remembering.ts';
import { isTaskOver, isTaskSkipped, type TaskStatus } from '../../../../server/domain/statuses.ts';
import type { Attempt, HandOut, Stage } from '../use-run.ts';

/**
 * `wait`: could run, and is in nobody's hands. `dispatch`: handed out, and not begun. `run`: an agent has it. `pause`: between
 * two attempts. `point`: passed over.
 */
export const SEGMENT_KINDS = ['wait', 'dispatch', 'run', 'pause', 'point'] as const;
export type SegmentKind = (typeof SEGMENT_KINDS)[number];

export interface Segment {
  kind: SegmentKind;
  from: number;
  to: number;
  /** How the attempt ended, or stands. */
  state: string;
  attempt: number;
  /** Of the hand-out; 0: of none. */
  epoch: number;
}

/** One time that a stage was handed out, with what came of it. */
export interface Try {
  epoch: number;
  attempt: number;
  state: string;
  agentId: string | null;
  error: string | null;
  segments: Segment[];
}

export interface TimelineRow {
  stage: Stage;
  segments: Segment[];
  /** What the stage consists of, in its order. */
  tries: Try[];
  isCritical: boolean;
}

export interface Timeline {
  rows: TimelineRow[];
  isOver: boolean;
  from: number;
  to: number;
}

interface Facts {
  stages: readonly Stage[];
  attempts: readonly Attempt[];
  /** When tasks were put into queues, each in order. */
  handOuts: readonly HandOut[];
  createdAt: string;
  finishedAt: string | null;
  now: number;
}

/** Everything that the waterfall draws, in the order of the pipeline, so that nothing moves while it runs. */
export function buildTimeline({ stages, attempts, handOuts, createdAt, finishedAt, now }: Facts): Timeline {
  const from = Date.parse(createdAt);
  const end = finishedAt === null ? Math.max(now, from) : Date.parse(finishedAt);
  const time = timeReader();
  const triesOfStage = byStage(attempts);
  const queuedOfStage = byStage(handOuts);
  const critical = criticalPath(stages, { end, time });
  const rows = stages.map((stage) => {
    const tries = triesOfStage.get(stage.stage) ?? [];
    const queued = (queuedOfStage.get(stage.stage) ?? []).map(({ queued_at: at }) => Date.parse(at));
    const segments = segmentsOf(stage, { tries, queued }, { end, time });
    return { stage, segments, tries: triesOf(tries, segments), isCritical: critical.has(stage.stage) };
  });
  const last = rows.reduce((latest, row) => Math.max(latest, row.segments.at(-1)?.to ?? 0), end);
  return { rows, from, to: Math.max(last, from + 1), isOver: finishedAt !== null };
}

function byStage<Item extends { stage: number }>(items: readonly Item[]): Map<number, Item[]> {
  const found = new Map<number, Item[]>();
  for (const item of items) {
    const list = found.get(item.stage);
    if (list) list.push(item);
    else found.set(item.stage, [item]);
  }
  return found;
}

/** What stands below each other: stages, and below those that are open their attempts. */
export interface Line {
  row: TimelineRow;
  /** Null: the stage itself. */
  one: Try | null;
}

export const linesOf = (rows: readonly TimelineRow[], open: ReadonlySet<string>): Line[] =>
  rows.flatMap((row) => [
    { row, one: null },
    ...(open.has(row.stage.key) ? row.tries.map((one) => ({ row, one })) : []),
  ]);

/**
 * When somebody worked: all else may be drawn short. What a run that goes on is waiting for just now may not, as that
 * is what people have come to see.
 */
export function busyStretches({ rows, to, isOver }: Timeline): { from: number; to: number }[] {
  const worked = rows.flatMap(({ segments }) => segments.filter(({ kind }) => kind === 'run'));
  if (isOver) return worked;
  return [...worked, { from: worked.reduce((latest, segment) => Math.max(latest, segment.to), 0), to }];
}

interface Clock {
  /** Of the run, or now. */
  end: number;
  time(text: string | null): number | undefined;
}

function timeReader(): Clock['time'] {
  const parse = remembering((text: string) => Date.parse(text));
  return (text) => (text === null ? undefined : parse(text));
}

interface HandedOut {
  tries: readonly Attempt[];
  /** When the stage was put into a queue, each time. */
  queued: readonly number[];
}

function segmentsOf(stage: Stage, { tries: attempts, queued }: HandedOut, { end, time }: Clock): Segment[] {
  const finished = time(stage.finished_at);
  if (isTaskSkipped(stage.state)) {
    return finished === undefined
      ? []
      : [{ kind: 'point', from: finished, to: finished, state: stage.state, attempt: 0, epoch: 0 }];
  }
  const tries = attempts.length > 0 ? attempts : [{ ...stage, state: stage.state as string, epoch: 0 }];
  const segments: Segment[] = [];
  let before: number | undefined;
  for (const one of tries) {
    const { attempt, state, epoch } = one;
    const about = { state, attempt, epoch };
    const ready = time(one.ready_at);
    const started = time(one.started_at);
    if (before !== undefined && ready !== undefined && ready > before)
      segments.push({ kind: 'pause', from: before, to: ready, ...about });
    const over = time(one.finished_at) ?? end;
    if (ready !== undefined)
      segments.push(
        ...beforeBegin({ from: ready, to: started ?? over }, queued).map((part) => ({ ...part, ...about })),
      );
    if (started !== undefined)
      segments.push({ kind: 'run', from: started, to: Math.max(over, started), ...about });
    before = time(one.finished_at) ?? before;
  }
  // What follows the last attempt, as far as it is still to come.
  const goesOn = tries.at(-1)?.finished_at === null;
  if (before !== undefined && !goesOn && !isTaskOver(stage.state) && end > before) {
    const { state, attempt } = stage;
    segments.push({ kind: 'pause', from: before, to: end, state, attempt, epoch: 0 });
  }
  return segments;
}

/**
 * Until it was first handed out nobody was free, from then on it lay in a queue. Of an agent that begins at once nothing is
 * known of a queue, and all of it is a wait.
 */
function beforeBegin({ from, to }: { from: number; to: number }, queued: readonly number[]) {
  const handedOut = queued.find((at) => at >= from && at <= to) ?? to;
  return [
    { kind: 'wait' as const, from, to: handedOut },
    { kind: 'dispatch' as const, from: handedOut, to },
  ].filter((part) => part.to > part.from);
}

/** The pause before an attempt is between two of them, and of none. */
const triesOf = (attempts: readonly Attempt[], segments: readonly Segment[]): Try[] =>
  attempts.map(({ epoch, attempt, state, agent_id, error }) => ({
    ...{ epoch, attempt, state, agentId: agent_id, error: error?.message ?? null },
    segments: segments.filter((segment) => segment.epoch === epoch && segment.kind !== 'pause'),
  }));

/** Back from what ended last, each time to that of the stages before it which ended last: what made the run as long as it was. */
function criticalPath(stages: readonly Stage[], { end, time }: Clock): ReadonlySet<number> {
  // Read once: of ten thousand stages each moment is a text.
  const ends = new Map(
    stages.map((stage) => {
      const ended = time(stage.finished_at) ?? (stage.started_at === null ? -1 : end);
      return [stage.stage, isTaskSkipped(stage.state) ? -1 : ended];
    }),
  );
  const endOf = ({ stage }: Stage) => ends.get(stage) ?? -1;
  const byPlace = new Map(stages.map((stage) => [stage.stage, stage]));
  const latest = (some: readonly Stage[]) =>
    some.reduce<Stage | undefined>(
      (best, stage) => (endOf(stage) >= 0 && (!best || endOf(stage) > endOf(best)) ? stage : best),
      undefined,
    );
  const path = new Set<number>();
  let next = latest(stages);
  while (next && !path.has(next.stage)) {
    path.add(next.stage);
    next = latest(next.after.flatMap((place) => byPlace.get(place) ?? []));
  }
  return path;
}

export const isKnownState = (state: string, known: readonly string[]): state is TaskStatus =>
  known.includes(state);
