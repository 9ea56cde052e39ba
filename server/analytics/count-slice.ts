import type { Sql } from '#db/client.ts';
import { noteCounted, noteErrors, replaceRollup, type SeenError } from '#db/queries/analytics-rollups.ts';
import { readEnded, readWork, type Slice, type SourceRun, type Work } from '#db/queries/analytics-source.ts';
import { createLedgers, foldRun } from '#server/domain/analytics/fold.ts';
import { SLICE_MS } from '#server/domain/analytics/levels.ts';
import type { TaskError } from '#server/domain/engine/events.ts';
import type { CompiledGraph } from '#server/domain/graph/compile.ts';
import { fromUuid, type VersionId } from '#server/domain/ids.ts';
import { isTaskFailure } from '#server/domain/statuses.ts';

const PAGE = 500;
const MAX_MESSAGE = 1_000;

export type GraphOf = (versionId: VersionId) => Promise<CompiledGraph>;

/** Counts the runs that ended in a slice, all of them and from nothing: however often it is done, the rows are the same. */
export async function countSlice(sql: Sql, slice: Slice, graphOf: GraphOf): Promise<void> {
  const ledgers = createLedgers();
  const errors = new Map<string, SeenError>();
  let counted = 0;
  for (let after: SourceRun | null = null; ; ) {
    const page: SourceRun[] = await readEnded(sql, {
      ...slice,
      until: slice.at + SLICE_MS,
      after,
      limit: PAGE,
    });
    const work = await readWork(
      sql,
      page.map(({ id }) => id),
    );
    const tasksOf = Map.groupBy(work.tasks, ({ runId }) => runId);
    const attemptsOf = Map.groupBy(work.attempts, ({ runId }) => runId);
    for (const run of page) {
      const tasks = tasksOf.get(run.id) ?? [];
      const graph = await graphOf(fromUuid('ver', run.versionId));
      foldRun(ledgers, { ...run, tasks, attempts: attemptsOf.get(run.id) ?? [] }, graph);
      see(errors, run, tasks);
    }
    counted += page.length;
    after = page.at(-1) ?? null;
    if (page.length < PAGE) break;
  }
  await replaceRollup(sql, { ...slice, level: 0 }, ledgers.runs);
  await replaceRollup(sql, { ...slice, level: 0 }, ledgers.tasks);
  await noteErrors(sql, slice.orgId, [...errors.values()]);
  await noteCounted(sql, slice, counted);
}

function see(errors: Map<string, SeenError>, run: SourceRun, tasks: Work['tasks']): void {
  const { error, errorGroup: id, finishedAt } = run;
  if (error === null || id === null) return;
  const known = errors.get(id);
  errors.set(id, {
    ...{ id, class: error.class, code: error.code, message: shorten(error) },
    capability: tasks.find(({ status }) => isTaskFailure(status))?.capability ?? known?.capability ?? null,
    firstSeen: Math.min(finishedAt, known?.firstSeen ?? finishedAt),
    lastSeen: Math.max(finishedAt, known?.lastSeen ?? finishedAt),
  });
}

/** Postgres takes every text but one with a zero character. */
const shorten = ({ message }: TaskError): string =>
  message.slice(0, MAX_MESSAGE).replaceAll('\u0000', '\uFFFD');
