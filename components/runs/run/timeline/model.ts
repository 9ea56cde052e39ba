import { isTaskOver, isTaskSkipped, type TaskStatus } from '../../../../server/domain/statuses.ts';
import type { Attempt, Stage } from '../use-run.ts';

/** `wait`: could run and does not. `run`: an agent has it. `pause`: between two attempts. `point`: passed over. */
export interface Segment {
  kind: 'wait' | 'run' | 'pause' | 'point';
  from: number;
  to: number;
  /** How the attempt ended, or stands. */
  state: string;
  attempt: number;
}

export interface TimelineRow {
  stage: Stage;
  segments: Segment[];
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
  createdAt: string;
  finishedAt: string | null;
  now: number;
}

/** Everything that the waterfall draws, in the order of the pipeline, so that nothing moves while it runs. */
export function buildTimeline({ stages, attempts, createdAt, finishedAt, now }: Facts): Timeline {
  const from = Date.parse(createdAt);
  const end = finishedAt === null ? Math.max(now, from) : Date.parse(finishedAt);
  const byStage = new Map<number, Attempt[]>();
  for (const attempt of attempts) {
    const list = byStage.get(attempt.stage);
    if (list) list.push(attempt);
    else byStage.set(attempt.stage, [attempt]);
  }
  const critical = criticalPath(stages, end);
  const rows = stages.map((stage) => ({
    stage,
    segments: segmentsOf(stage, byStage.get(stage.stage) ?? [], end),
    isCritical: critical.has(stage.stage),
  }));
  const last = rows.reduce((latest, row) => Math.max(latest, row.segments.at(-1)?.to ?? 0), end);
  return { rows, from, to: Math.max(last, from + 1), isOver: finishedAt !== null };
}

/**
 * When somebody worked: all else may be drawn short. What a run that goes on is waiting for just now may not, as that
 * is what people have come to see.
 */
export function busyStretches({ rows, to, isOver }: Timeline): { from: number; to: number }[] {
  const worked = rows.flatMap(({ segments }) => segments.filter(({ kind }) => kind === 'run'));
  if (isOver) return worked;
  return [...worked, { from: worked.reduce((latest, segment) => Math.max(latest, segment.to), 0), to }];
}

const time = (text: string | null): number | undefined => (text === null ? undefined : Date.parse(text));

function segmentsOf(stage: Stage, attempts: readonly Attempt[], end: number): Segment[] {
  const finished = time(stage.finished_at);
  if (isTaskSkipped(stage.state)) {
    return finished === undefined
      ? []
      : [{ kind: 'point', from: finished, to: finished, state: stage.state, attempt: 0 }];
  }
  const tries = attempts.length > 0 ? attempts : [{ ...stage, state: stage.state as string }];
  const segments: Segment[] = [];
  let before: number | undefined;
  for (const one of tries) {
    const { attempt, state } = one;
    const ready = time(one.ready_at);
    const started = time(one.started_at);
    if (before !== undefined && ready !== undefined && ready > before)
      segments.push({ kind: 'pause', from: before, to: ready, state, attempt });
    const over = time(one.finished_at) ?? end;
    if (ready !== undefined && (started ?? over) > ready)
      segments.push({ kind: 'wait', from: ready, to: started ?? over, state, attempt });
    if (started !== undefined)
      segments.push({ kind: 'run', from: started, to: Math.max(over, started), state, attempt });
    before = time(one.finished_at) ?? before;
  }
  // What follows the last attempt, as far as it is still to come.
  const goesOn = tries.at(-1)?.finished_at === null;
  if (before !== undefined && !goesOn && !isTaskOver(stage.state) && end > before)
    segments.push({ kind: 'pause', from: before, to: end, state: stage.state, attempt: stage.attempt });
  return segments;
}

/** Back from what ended last, each time to that of the stages before it which ended last: what made the run as long as it was. */
function criticalPath(stages: readonly Stage[], end: number): ReadonlySet<number> {
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
