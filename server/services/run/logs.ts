import { and, asc, desc, eq, ilike, inArray, notInArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { taskStageLogs } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { idSchema, type TaskId, taskId, toUuid } from '#server/domain/ids.ts';
import { LOG_LEVELS } from '#server/domain/messages.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { orderField, type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import type { LogLine } from '../task/get.ts';
import { loadRunRow, marksOf } from './run-view.ts';
import { quietPlaces, showLine } from './shown.ts';

const logsSchema = z.strictObject({
  id: idSchema('run'),
  /** A place in the pipeline; left out: all. */
  stage: z.int().min(0).optional(),
  /** This level and worse ones. */
  level: z.enum(LOG_LEVELS).optional(),
  /** Words that the message must hold. */
  search: z.string().min(1).max(200).optional(),
  order: orderField.default('asc'),
  /** Begins behind this line, in the order asked for. */
  beyond: z.strictObject({ stage: z.int(), epoch: z.int(), line: z.int() }).optional(),
  limit: z.int().min(1).max(1000).default(200),
  cursor: pageFields.cursor,
});

export interface RunLogLine extends LogLine {
  taskId: TaskId;
  stage: number;
}

/** Stage by stage, hand-out by hand-out, in the order in which each was written; or all of that from its end. */
export async function listRunLogs(
  services: Services,
  actor: Actor,
  input: z.input<typeof logsSchema>,
): Promise<Page<RunLogLine>> {
  authorise(actor, 'run.logs');
  const { id, stage, level, search, order, beyond, limit, cursor } = parseInput(logsSchema, input);
  const paging = { limit, cursors: services.cursors, list: `logs ${id}${order === 'asc' ? '' : ' desc'}` };
  const from =
    cursor === undefined
      ? beyond && [beyond.stage, beyond.epoch, beyond.line]
      : services.cursors.open(paging.list, cursor).map(Number);
  const { index, epoch, line } = taskStageLogs;
  const conditions = [
    eq(taskStageLogs.runId, toUuid(id)),
    stage === undefined ? undefined : eq(index, stage),
    level === undefined
      ? undefined
      : inArray(taskStageLogs.level, LOG_LEVELS.slice(LOG_LEVELS.indexOf(level))),
    search === undefined ? undefined : ilike(taskStageLogs.message, `%${search.replace(/[\\%_]/g, '\\$&')}%`),
    from &&
      sql`(${index}, ${epoch}, ${line}) ${sql.raw(order === 'asc' ? '>' : '<')} (${from[0]}::int, ${from[1]}::int, ${from[2]}::int)`,
  ];
  const { rows, marks } = await inTenant(services.db, actor.orgId, async (tx) => {
    const marks = await marksOf(services, await loadRunRow(tx, id));
    // Who may not read a line does not learn what stands in it by looking for words either.
    const quiet = search === undefined ? [] : quietPlaces(marks);
    const rows = await tx
      .select()
      .from(taskStageLogs)
      .where(and(...conditions, quiet.length === 0 ? undefined : notInArray(index, quiet)))
      .orderBy(...[index, epoch, line].map((column) => (order === 'asc' ? asc(column) : desc(column))))
      .limit(limit + 1);
    return { rows, marks };
  });
  return toPage(rows, paging, {
    placeOf: (row) => [String(row.index), String(row.epoch), String(row.line)],
    toItems: ({ runId: _run, orgId: _org, index: place, ...rest }) => {
      const line = { ...rest, taskId: taskId(id, place), stage: place };
      return showLine(line, marks.stages[place]?.isQuiet ?? false);
    },
  });
}
