import type { Sql } from '#db/client.ts';
import { noteCounted, noteErrors, replaceRollups, type SeenError } from '#db/queries/analytics-rollups.ts';
import { readEnded, readWork, type SourceRun, type Work } from '#db/queries/analytics-source.ts';
import { createLedgers, foldRun, type Ledgers } from '#server/domain/analytics/fold.ts';
import { RUN_SHAPE, TASK_SHAPE } from '#server/domain/analytics/ledger.ts';
import { floorTo, SLICE_MS } from '#server/domain/analytics/levels.ts';
import type { TaskError } from '#server/domain/engine/events.ts';
import type { CompiledGraph } from '#server/domain/graph/compile.ts';
import { fromUuid, type VersionId } from '#server/domain/ids.ts';
import { isTaskFailure } from '#server/domain/statuses.ts';

const PAGE = 500;
const MAX_MESSAGE = 1_000;

/** Waits a while after work that took so long. */
export type Rest = (workedMs: number) => Promise<unknown>;
export type GraphOf = (versionId: VersionId) => Promise<CompiledGraph>;

interface Counting {
  slices: Map<number, { runs: number; ledgers: Ledgers }>;
  errors: Map<string, SeenError>;
}

/**
 * Counts the runs that ended in some slices of one tenant, all of them and from nothing: however often it is done, the
 * rows are the same. The slices should lie close together.
 */
export async function countSlices(
  sql: Sql,
  { orgId, ats, rest }: { orgId: string; ats: readonly number[]; rest?: Rest },
  graphOf: GraphOf,
): Promise<void> {
  const counting: Counting = {
    slices: new Map(ats.map((at) => [at, { runs: 0, ledgers: createLedgers() }])),
    errors: new Map(),
  };
  const stretch = { orgId, at: Math.min(...ats), until: Math.max(...ats) + SLICE_MS, limit: PAGE };
  for (let after: SourceRun | null = null; ; ) {
    const began = performance.now();
    const page: SourceRun[] = await readEnded(sql, { ...stretch, after });
    await countPage(sql, { counting, page, graphOf });
    after = page.at(-1) ?? null;
    if (page.length < PAGE) break;
    await rest?.(performance.now() - began);
  }
  await write(sql, orgId, counting);
}

async function countPage(
  sql: Sql,
  { counting, page, graphOf }: { counting: Counting; page: readonly SourceRun[]; graphOf: GraphOf },
): Promise<void> {
  const sliceOf = ({ finishedAt }: SourceRun) => counting.slices.get(floorTo(SLICE_MS, finishedAt));
  const wanted = page.filter((run) => sliceOf(run) !== undefined);
  const work = await readWork(
    sql,
    wanted.map(({ id }) => id),
  );
  const tasksOf = Map.groupBy(work.tasks, ({ runId }) => runId);
  const attemptsOf = Map.groupBy(work.attempts, ({ runId }) => runId);
  for (const run of wanted) {
    const slice = sliceOf(run);
    if (!slice) continue;
    const tasks = tasksOf.get(run.id) ?? [];
    const graph = await graphOf(fromUuid('ver', run.versionId));
    foldRun(slice.ledgers, { ...run, tasks, attempts: attemptsOf.get(run.id) ?? [] }, graph);
    slice.runs += 1;
    see(counting.errors, run, tasks);
  }
}

async function write(sql: Sql, orgId: string, { slices, errors }: Counting): Promise<void> {
  const place = { orgId, level: 0 };
  const ledgersOf = <Name extends keyof Ledgers>(name: Name) =>
    new Map([...slices].map(([at, { ledgers }]) => [at, ledgers[name]]));
  await replaceRollups(sql, RUN_SHAPE, { ...place, ledgers: ledgersOf('runs') });
  await replaceRollups(sql, TASK_SHAPE, { ...place, ledgers: ledgersOf('tasks') });
  await noteErrors(sql, orgId, [...errors.values()]);
  await noteCounted(sql, orgId, slices);
}

function see(errors: Map<string, SeenError>, run: SourceRun, tasks: Work['tasks']): void {
  const { error, errorGroup: id, finishedAt } = run;
  if (error === null || id === null) return;
  const known = errors.get(id);
  errors.set(id, {
    // They come in the order in which they ended.
    ...{ id, class: error.class, code: clean(error.code), message: shorten(error) },
    capability: tasks.find(({ status }) => isTaskFailure(status))?.capability ?? known?.capability ?? null,
    firstSeen: Math.min(finishedAt, known?.firstSeen ?? finishedAt),
    lastSeen: Math.max(finishedAt, known?.lastSeen ?? finishedAt),
  });
}

/** Postgres takes every text but one with a zero character. */
const clean = (text: string): string => text.replaceAll('\u0000', '\uFFFD');
const shorten = ({ message }: TaskError): string => clean(message.slice(0, MAX_MESSAGE));
