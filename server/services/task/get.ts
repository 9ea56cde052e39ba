import { and, desc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { taskStageLogs } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { parseTaskId, type RunId, type TaskId, taskIdSchema, toUuid } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import type { LogLevel } from '#server/domain/messages.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { redactRun } from '../run/redact.ts';
import { type RunView, readRun, type TaskView } from '../run/run-view.ts';
import { type Shown, showLine } from '../run/shown.ts';

const getSchema = z.strictObject({ id: taskIdSchema });

export interface LogLine extends Shown {
  at: Date;
  level: LogLevel;
  message: string;
  fields: JsonObject | null;
  epoch: number;
  line: number;
}

export interface TaskDetail extends TaskView {
  run: RunView;
  logs: LogLine[];
}

const LOGS_SHOWN = 200;

export async function getTask(
  services: Services,
  actor: Actor,
  input: z.input<typeof getSchema>,
): Promise<TaskDetail> {
  authorise(actor, 'run.read');
  return viewTask(services, actor, parseInput(getSchema, input).id);
}

/** For verbs that have authorised the actor for something else; payloads and logs are shown by the actor's rights. */
export async function viewTask(services: Services, actor: Actor, id: TaskId): Promise<TaskDetail> {
  const place = parseTaskId(id);
  if (!place) throw notFound('task', id);
  const run = redactRun(actor, await readRun(services, actor.orgId, place.runId));
  const task = run.tasks[place.index];
  if (!task) throw notFound('task', id);
  const wanted = { limit: LOGS_SHOWN, isQuiet: task.isSensitive };
  const logs = may(actor, 'run.logs', run)
    ? await inTenant(services.db, actor.orgId, (tx) => loadLogs(tx, place, wanted))
    : [];
  return { ...task, run, logs };
}

interface WantedLines {
  limit: number;
  isQuiet: boolean;
  /** Up to this one, of which hand-out; left out: up to the end. */
  before?: readonly number[] | undefined;
}

/** The last lines, in the order in which they were written. */
export async function loadLogs(
  tx: TenantTransaction,
  { runId, index }: { runId: RunId; index: number },
  { limit, isQuiet, before }: WantedLines,
): Promise<LogLine[]> {
  const { epoch, line } = taskStageLogs;
  const isBefore = before && sql`(${epoch}, ${line}) < (${before[0]}::int, ${before[1]}::int)`;
  const lines = await tx
    .select({
      at: taskStageLogs.at,
      level: taskStageLogs.level,
      message: taskStageLogs.message,
      fields: taskStageLogs.fields,
      epoch: taskStageLogs.epoch,
      line: taskStageLogs.line,
    })
    .from(taskStageLogs)
    .where(and(eq(taskStageLogs.runId, toUuid(runId)), eq(taskStageLogs.index, index), isBefore))
    .orderBy(desc(taskStageLogs.epoch), desc(taskStageLogs.line))
    .limit(limit);
  return lines.reverse().map((line) => showLine(line, isQuiet));
}
