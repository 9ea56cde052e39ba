import { z } from 'zod';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import type { StartRequest } from '#server/coordinator/commands.ts';
import { invalid, SignalboxError } from '#server/domain/errors.ts';
import type { CompiledGraph } from '#server/domain/graph/compile.ts';
import { covers } from '#server/domain/hidden.ts';
import { fromUuid, idSchema, type OrgId, type RunId, type VersionId } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { jsonObjectSchema, jsonSchema } from '#server/domain/json-shape.ts';
import { isRunOver, isTaskFailure, isTaskSkipped, isTaskSuccess } from '#server/domain/statuses.ts';
import { type Actor, authorise, authoriseAnywhere, may } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { idempotencyKeySchema } from '../make-once.ts';
import { parseInput } from '../parse-input.ts';
import { findNewestVersion, loadLivePipeline } from '../pipeline/pipeline-view.ts';
import { launchRun } from './launch.ts';
import { redactRun } from './redact.ts';
import {
  loadRunRow,
  loadTaskRows,
  pipelineIdOf,
  type RunRow,
  type RunView,
  readRun,
  type TaskRow,
} from './run-view.ts';
import { stagesThatMeanTheSame } from './same-stages.ts';

/** The run's own, or the newest that has been published. */
export const replayVersionSchema = z.enum(['original', 'newest']);
type ReplayVersion = z.output<typeof replayVersionSchema>;

const replaySchema = z.strictObject({
  id: idSchema('run'),
  /** Key of the stage to begin with; left out, the whole run is done again. */
  from: z.string().min(1).max(63).optional(),
  /** Begins where it broke instead: with all that failed or never ran. */
  fromFailure: z.boolean().optional(),
  /** Runs this stage and no other, on what the stages before it gave. */
  only: z.string().min(1).max(63).optional(),
  version: replayVersionSchema.default('original'),
  /** Left out: what the run was given. */
  input: jsonSchema.optional(),
  parameters: jsonObjectSchema.optional(),
  idempotencyKey: idempotencyKeySchema.optional(),
});

/** A new run, linked to the old one, that reuses what came before the stage it begins with. */
export async function replayRun(
  services: Services,
  actor: Actor,
  input: z.input<typeof replaySchema>,
): Promise<{ run: RunView; isNew: boolean }> {
  authoriseAnywhere(actor, 'run.operate');
  const { idempotencyKey, ...request } = parseInput(replaySchema, input);
  const source = await loadSource(services, actor, request);
  const graph = await services.graphOf(source.versionId);
  const before = await services.graphOf(fromUuid('ver', source.run.versionId));
  const same = stagesThatMeanTheSame(graph, before);
  const { from, reuse, only } = planReplay(graph, request, { all: source.tasks, same });
  refuseUnmarking(actor, { source: source.run, graph, before });
  const { id, isNew } = await launchRun(services, actor, {
    pipelineId: pipelineIdOf(source.run),
    versionId: source.versionId,
    input: request.input === undefined ? source.run.input : request.input,
    parameters: request.parameters ?? source.run.parameters,
    metadata: source.run.metadata,
    // Whoever was told of the first run did not ask for this one.
    notification: null,
    trigger: only === undefined ? 'replay' : 'stage',
    idempotencyKey,
    action: 'run.replayed',
    request: JSON.parse(JSON.stringify({ replay: request })) as Json,
    replay: { of: request.id, from },
    reuse,
    only,
    files: filesOf(graph, source.tasks, reuse),
  });
  const run = await readRun(services, actor.orgId, id);
  return { run: redactRun(actor, run), isNew };
}

/** A version in which less is marked would show what the run's own version hides. */
function refuseUnmarking(
  actor: Actor,
  { source, graph, before }: { source: RunRow; graph: CompiledGraph; before: CompiledGraph },
): void {
  if (before === graph || isMarkedLike(graph, before)) return;
  if (may(actor, 'run.sensitive', { pipelineId: pipelineIdOf(source) })) return;
  throw new SignalboxError(
    'FORBIDDEN',
    'The newest version would show what is marked sensitive in this run.',
    {
      advice: 'Replay it on its own version, or ask an owner or admin to do it.',
    },
  );
}

/** Whether all that is hidden in runs of the one is hidden in runs of the other. */
function isMarkedLike(graph: CompiledGraph, before: CompiledGraph): boolean {
  const { marks } = graph;
  if (!covers(marks.input, before.marks.input) || !covers(marks.parameters, before.marks.parameters))
    return false;
  // Stages that are gone take their outputs with them; files come along with any.
  if (before.marks.isAny && !marks.isAny) return false;
  return before.stages.every(({ key, index }) => {
    const now = graph.indexOf.get(key);
    return (
      now === undefined ||
      covers(marks.stages[now]?.output ?? null, before.marks.stages[index]?.output ?? null)
    );
  });
}

const NAMED = 10;

function noStage({ stages }: CompiledGraph, key: string): SignalboxError {
  const some = stages.slice(0, NAMED).map((stage) => stage.key);
  const rest = stages.length > some.length ? ', …' : '';
  return new SignalboxError('NOT_FOUND', `There is no stage ${key}.`, {
    advice: `Give the key of one: ${some.join(', ')}${rest}.`,
  });
}

type Reuse = NonNullable<StartRequest['reuse']>;

/** With which stage the replay begins (empty: with all of them) and what it takes over. */
function planReplay(
  graph: CompiledGraph,
  request: Pick<z.output<typeof replaySchema>, 'id' | 'from' | 'fromFailure' | 'only'>,
  { all, same }: { all: readonly TaskRow[]; same: ReadonlySet<string> },
): { from: string; reuse: Reuse; only?: number } {
  const { id: source, from, only } = request;
  // What another stage of that name has given is no output of this one.
  const tasks = all.filter(({ stageKey }) => same.has(stageKey));
  if (only !== undefined) {
    if (from !== undefined || request.fromFailure === true)
      throw invalid('Either one stage is run alone or the run is begun with one, not both.');
    return planAlone(graph, { only, source, tasks, changed: changedKeys(all, same) });
  }
  if (from !== undefined && !graph.indexOf.has(from)) throw noStage(graph, from);
  if (request.fromFailure !== true)
    return { from: from ?? '', reuse: from === undefined ? [] : planReuse(graph, { from, source, tasks }) };
  if (from !== undefined) throw invalid('It begins either with a stage or where the run broke, not both.');
  const broken = findBroken(graph, all);
  if (broken === undefined) {
    throw new SignalboxError('CONFLICT', 'Every stage of the run succeeded, so there is none that broke.', {
      advice: 'Replay all of it, or name the stage to begin with.',
    });
  }
  return { from: broken, reuse: planReuse(graph, { from: broken, source, tasks }) };
}

interface PlanAlone {
  only: string;
  source: RunId;
  tasks: readonly TaskRow[];
  /** Stages of the run that are others in the version that is asked for. */
  changed: ReadonlySet<string>;
}

const changedKeys = (tasks: readonly TaskRow[], same: ReadonlySet<string>): ReadonlySet<string> =>
  new Set(tasks.flatMap(({ stageKey }) => (same.has(stageKey) ? [] : [stageKey])));

/** The stage and, of all that come before it, the outputs. What the stages right before it lack is said at once. */
function planAlone(
  graph: CompiledGraph,
  { only, source, tasks, changed }: PlanAlone,
): { from: string; reuse: Reuse; only: number } {
  const place = graph.indexOf.get(only);
  if (place === undefined) throw noStage(graph, only);
  const byKey = new Map(tasks.map((task) => [task.stageKey, task]));
  const keyOf = (index: number) => graph.stages[index]?.key ?? '';
  for (const { from, when } of graph.incoming[place] ?? []) {
    const before = byKey.get(keyOf(from));
    if (when !== 'success' || (before && (isTaskSuccess(before.status) || isTaskSkipped(before.status))))
      continue;
    const why = changed.has(keyOf(from))
      ? `The stage ${keyOf(from)} has been changed since the run, so what ${only} works on is not there.`
      : `The run has no output of the stage ${keyOf(from)}, which ${only} works on.`;
    throw new SignalboxError('CONFLICT', why, {
      advice: `Begin with ${keyOf(from)} instead, or choose a run in which it succeeded.`,
    });
  }
  const reuse = [...ancestorsOf(graph, place)]
    .sort((a, b) => a - b)
    .flatMap((index): Reuse => {
      const before = byKey.get(keyOf(index));
      return before && isTaskSuccess(before.status)
        ? [{ task: index, from: source, output: before.output ?? null }]
        : [];
    });
  return { from: only, reuse, only: place };
}

function ancestorsOf(graph: CompiledGraph, place: number): ReadonlySet<number> {
  const found = new Set<number>();
  const left = [place];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    for (const { from } of graph.incoming[at] ?? []) {
      if (found.has(from)) continue;
      found.add(from);
      left.push(from);
    }
  }
  return found;
}

/** The first stage that failed; where none did, as after a cancellation, the first that did not succeed. */
function findBroken(graph: CompiledGraph, tasks: readonly TaskRow[]): string | undefined {
  const byKey = new Map(tasks.map((task) => [task.stageKey, task]));
  const keys = graph.order.map((index) => graph.stages[index]?.key ?? '');
  const is = (test: (status: TaskRow['status']) => boolean) =>
    keys.find((key) => test(byKey.get(key)?.status ?? 'pending'));
  return is(isTaskFailure) ?? is((status) => !isTaskSuccess(status) && !isTaskSkipped(status));
}

/** Of the stages of a run, those that a replay does not do again which begins with that stage of that version. */
export async function stagesKept(
  { db, graphOf }: Services,
  { runId, orgId }: { runId: RunId; orgId: OrgId },
  { from, version }: { from: string; version: ReplayVersion },
): Promise<{ stageKey: string; index: number }[]> {
  const { run, tasks, versionId } = await inTenant(db, orgId, async (tx) => {
    const run = await loadRunRow(tx, runId);
    const tasks = await loadTaskRows(tx, runId);
    return { run, tasks, versionId: await versionOf(tx, run, version) };
  });
  const graph = await graphOf(versionId);
  const same = stagesThatMeanTheSame(graph, await graphOf(fromUuid('ver', run.versionId)));
  return filesOf(graph, tasks, planReplay(graph, { id: runId, from }, { all: tasks, same }).reuse);
}

function filesOf(
  graph: CompiledGraph,
  tasks: readonly TaskRow[],
  reuse: Reuse,
): { stageKey: string; index: number }[] {
  const reused = new Set(reuse.map(({ task }) => graph.stages[task]?.key));
  return tasks.flatMap(({ stageKey, index }) => (reused.has(stageKey) ? [{ stageKey, index }] : []));
}

async function loadSource(services: Services, actor: Actor, request: { id: RunId; version: ReplayVersion }) {
  return inTenant(services.db, actor.orgId, async (tx) => {
    const run = await loadRunRow(tx, request.id);
    const pipelineId = pipelineIdOf(run);
    authorise(actor, 'run.operate', { pipelineId });
    // A replay is a new run, and what is archived is not run any more.
    if (pipelineId) await loadLivePipeline(tx, pipelineId);
    if (!isRunOver(run.status)) {
      throw new SignalboxError('CONFLICT', 'The run is still going on, so it cannot be replayed.', {
        advice: 'Wait until it has ended, or cancel it.',
      });
    }
    const tasks = await loadTaskRows(tx, request.id);
    return { run, tasks, versionId: await versionOf(tx, run, request.version) };
  });
}

async function versionOf(tx: TenantTransaction, run: RunRow, version: ReplayVersion): Promise<VersionId> {
  const original = fromUuid('ver', run.versionId);
  if (version === 'original') return original;
  const pipelineId = pipelineIdOf(run);
  if (!pipelineId) throw invalid('A stand-alone task has one version only.');
  return (await findNewestVersion(tx, pipelineId))?.id ?? original;
}

/**
 * Done again: the stage itself, whatever failed or never ran, and all that follows from either. A stage that was
 * skipped is judged again, but what came after it and succeeded stays, as the judgement has the same grounds.
 */
export function planReuse(
  graph: CompiledGraph,
  { from, source, tasks }: { from: string; source: RunId; tasks: readonly TaskRow[] },
): Reuse {
  const byKey = new Map(tasks.map((task) => [task.stageKey, task]));
  const again = new Set<number>();
  const reuse: Reuse = [];
  for (const index of graph.order) {
    const key = graph.stages[index]?.key ?? '';
    const before = byKey.get(key);
    const follows = (graph.incoming[index] ?? []).some((edge) => again.has(edge.from));
    if (
      key === from ||
      follows ||
      !before ||
      !(isTaskSuccess(before.status) || isTaskSkipped(before.status))
    ) {
      again.add(index);
    } else if (isTaskSuccess(before.status)) {
      reuse.push({ task: index, from: source, output: before.output ?? null });
    }
  }
  return reuse;
}
