import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { findIds, inTenant } from '#db/tenant.ts';
import type { TaskError } from '#server/domain/engine/events.ts';
import { fromUuid, idSchema, type RunId, type TaskId, taskId, toUuid } from '#server/domain/ids.ts';
import { isTaskOut, TASK_STATUSES } from '#server/domain/statuses.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { marksOfRuns } from '../run/marks-of-runs.ts';
import { redactError } from '../run/redact.ts';
import { type Shown, showAttempt, type Unshown } from '../run/shown.ts';
import { getAgent } from './get.ts';

const workSchema = z.strictObject({ id: idSchema('agent') });
const MAX_CURRENT = 200;
const MAX_RECENT = 50;

export interface WorkItem extends Shown {
  taskId: TaskId;
  runId: RunId;
  stage: number;
  stageKey: string | null;
  epoch: number;
  attempt: number;
  /** Of an attempt that another followed: how it ended. Of the current one: the state of its task. */
  state: string;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** Without its text for those who may not read what runs work on. */
  error: TaskError | null;
}

interface Row extends Record<string, unknown> {
  run_id: string;
  idx: number;
  stage_key: string | null;
  epoch: number;
  attempt: number;
  state: string;
  started_at: string | null;
  finished_at: string | null;
  error: TaskError | null;
}

const OUT = `{${TASK_STATUSES.filter(isTaskOut).join(',')}}`;

export interface AgentWork {
  current: WorkItem[];
  /** It has more in hand than `current` says. */
  hasMore: boolean;
  recent: WorkItem[];
}

/** What an agent works on now, and what it worked on last. No payloads: those are shown by the run. */
export async function readAgentWork(
  services: Services,
  actor: Actor,
  input: z.input<typeof workSchema>,
): Promise<AgentWork> {
  authorise(actor, 'agent.read');
  authorise(actor, 'run.read');
  const { id } = parseInput(workSchema, input);
  await getAgent(services, actor, { id });
  const agent = sql`agent_id = ${toUuid(id)}::text::uuid AND org_id = ${toUuid(actor.orgId)}::text::uuid`;
  // From the newest run backwards along the index: nobody reads all that it ever did.
  const ofTasks = sql`SELECT run_id, idx, stage_key, epoch, attempt, status::text AS state, started_at, finished_at, error
    FROM tasks WHERE ${agent}`;
  const [held, recent] = await findIds(services.db, async (tx) => [
    await tx.execute<Row>(sql`${ofTasks} AND status = ANY (${OUT}::text::task_status[])
      ORDER BY run_id DESC, idx LIMIT ${MAX_CURRENT + 1}`),
    await tx.execute<Row>(sql`SELECT * FROM (
        (${ofTasks} AND finished_at IS NOT NULL ORDER BY run_id DESC, idx LIMIT ${MAX_RECENT})
        UNION ALL (SELECT run_id, idx, NULL, epoch, attempt, ended, started_at, finished_at, error
          FROM attempts WHERE ${agent} ORDER BY run_id DESC, idx LIMIT ${MAX_RECENT})) AS work
      ORDER BY finished_at DESC LIMIT ${MAX_RECENT}`),
  ]);
  const isShown = may(actor, 'run.payload');
  const current = held.slice(0, MAX_CURRENT);
  const ids = [...current, ...recent].map(({ run_id }) => fromUuid('run', run_id));
  const runs = await inTenant(services.db, actor.orgId, (tx) => marksOfRuns(tx, services, ids));
  const toItems = (rows: Iterable<Row>): WorkItem[] =>
    [...rows].flatMap((row) => {
      const item = toWorkItem(row, isShown);
      // A run that retention took in between is left out.
      const run = runs.get(item.runId);
      return run ? [showAttempt(item, run.marks)] : [];
    });
  return { current: toItems(current), hasMore: held.length > MAX_CURRENT, recent: toItems(recent) };
}

function toWorkItem(row: Row, isShown: boolean): Unshown<WorkItem> {
  const runId = fromUuid('run', row.run_id);
  return {
    taskId: taskId(runId, row.idx),
    runId,
    stage: row.idx,
    stageKey: row.stage_key,
    ...{ epoch: row.epoch, attempt: row.attempt, state: row.state },
    startedAt: row.started_at === null ? null : new Date(row.started_at),
    finishedAt: row.finished_at === null ? null : new Date(row.finished_at),
    error: isShown ? row.error : redactError(row.error),
  };
}
