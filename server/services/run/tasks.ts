import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { tasks } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { MAX_STAGES } from '#server/domain/graph/schema.ts';
import { fromUuid, idSchema, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { redactRun } from './redact.ts';
import { loadRunRow, type TaskView, toPlacesOfRun } from './run-view.ts';

const tasksSchema = z.strictObject({
  id: idSchema('run'),
  /** All of a run in one page, unless asked otherwise. */
  limit: z.int().min(1).max(MAX_STAGES).default(MAX_STAGES),
  cursor: pageFields.cursor,
});

/** One for each stage, in the order of the pipeline, those that still wait for others included. */
export async function listRunTasks(
  services: Services,
  actor: Actor,
  input: z.input<typeof tasksSchema>,
): Promise<Page<TaskView>> {
  authorise(actor, 'run.read');
  const { id, limit, cursor } = parseInput(tasksSchema, input);
  const paging = { limit, cursors: services.cursors, list: `tasks of ${id}` };
  const begin = cursor === undefined ? 0 : Number(services.cursors.open(paging.list, cursor)[0]) + 1;
  const run = await inTenant(services.db, actor.orgId, async (tx) => {
    const row = await loadRunRow(tx, id);
    const graph = await services.graphOf(fromUuid('ver', row.versionId));
    const places = [...graph.stages.keys()].slice(begin, begin + limit + 1);
    // What a stage waits for may stand on another page.
    const awaited = places.flatMap((place) => (graph.incoming[place] ?? []).map(({ from }) => from));
    const wanted = `{${[...new Set([...places, ...awaited])].join(',')}}`;
    const rows = await tx
      .select()
      .from(tasks)
      .where(and(eq(tasks.runId, toUuid(id)), sql`${tasks.index} = ANY (${wanted}::text::int[])`));
    return toPlacesOfRun(row, rows, { graph, shown: places });
  });
  return toPage(redactRun(actor, run).tasks, paging, {
    placeOf: ({ index }) => [String(index)],
    toItems: (task) => task,
  });
}
