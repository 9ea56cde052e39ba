import { and, desc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { taskStageLogs } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { parseTaskId, taskIdSchema, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { loadRunRow, marksOf } from '../run/run-view.ts';
import { type LogLine, loadLogs } from './get.ts';

const logsSchema = z.strictObject({
  id: taskIdSchema,
  limit: z.int().min(1).max(10_000).default(1000),
  cursor: pageFields.cursor,
});
const endSchema = z.strictObject({ id: taskIdSchema });

/** The last lines, or those before another page: each page in the order in which they were written. */
export async function listTaskLogs(
  services: Services,
  actor: Actor,
  input: z.input<typeof logsSchema>,
): Promise<Page<LogLine>> {
  authorise(actor, 'run.logs');
  const { id, limit, cursor } = parseInput(logsSchema, input);
  const place = parseTaskId(id);
  if (!place) throw notFound('task', id);
  const paging = { limit, cursors: services.cursors, list: `log of ${id}` };
  const before = cursor === undefined ? undefined : services.cursors.open(paging.list, cursor).map(Number);
  const lines = await inTenant(services.db, actor.orgId, async (tx) => {
    const marks = await marksOf(services, await loadRunRow(tx, place.runId));
    const isQuiet = marks.stages[place.index]?.isQuiet ?? false;
    return loadLogs(tx, place, { limit: limit + 1, isQuiet, before });
  });
  const { items, nextCursor } = toPage(lines.toReversed(), paging, {
    placeOf: ({ epoch, line }) => [String(epoch), String(line)],
    toItems: (line) => line,
  });
  return { items: items.reverse(), nextCursor };
}

/** Says where the log ends just now: other than before when lines have come. */
export async function findLogEnd(
  services: Services,
  actor: Actor,
  input: z.input<typeof endSchema>,
): Promise<string> {
  authorise(actor, 'run.logs');
  const { id } = parseInput(endSchema, input);
  const place = parseTaskId(id);
  if (!place) throw notFound('task', id);
  const { runId, index, epoch, line } = taskStageLogs;
  const [last] = await inTenant(services.db, actor.orgId, async (tx) => {
    await loadRunRow(tx, place.runId);
    return tx
      .select({ epoch, line })
      .from(taskStageLogs)
      .where(and(eq(runId, toUuid(place.runId)), eq(index, place.index)))
      .orderBy(desc(epoch), desc(line))
      .limit(1);
  });
  return last ? `${last.epoch}/${last.line}` : '';
}
