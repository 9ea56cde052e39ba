import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import type { TaskError } from '#server/domain/engine/events.ts';
import { type AgentId, fromUuid, idSchema, type TaskId, taskId, toUuid } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { TASK_STATUSES } from '#server/domain/statuses.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { redactError } from './redact.ts';
import { loadRunRow, marksOf, pipelineIdOf } from './run-view.ts';
import { type Shown, showAttempt, type Unshown } from './shown.ts';

/** Of those that another followed, and those of tasks. */
export const ATTEMPT_STATES = ['lost', 'released', ...TASK_STATUSES] as const;

const attemptsSchema = z.strictObject({
  id: idSchema('run'),
  /** One place in the pipeline; left out: all. */
  stage: z.int().min(0).optional(),
  /** Only of stages that were handed out more than once: of the others the task itself says all. */
  repeated: z.boolean().default(false),
  /** Who it was given to. */
  agentId: idSchema('agent').optional(),
  /** How it ended, or the state of the task that it is the current one of. */
  state: z.enum(ATTEMPT_STATES).optional(),
  /** Most often all of a run: only one of many stages with many retries has a second page. */
  limit: z.int().min(1).max(5_000).default(5_000),
  cursor: pageFields.cursor,
});

export interface AttemptView extends Shown {
  taskId: TaskId;
  stage: number;
  epoch: number;
  attempt: number;
  agentId: AgentId | null;
  /** How it ended (failed, lost, released), or the state of the task that it is the current one of. */
  state: string;
  readyAt: Date | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  error: TaskError | null;
  /** Why this agent and not another. */
  routing: Json;
}

interface Row extends Record<string, unknown> {
  idx: number;
  epoch: number;
  attempt: number;
  agent_id: string | null;
  ended: string;
  ready_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  error: TaskError | null;
  routing: Json;
}

/** Every hand-out of every task, stage by stage in order. */
export async function listAttempts(
  services: Services,
  actor: Actor,
  input: z.input<typeof attemptsSchema>,
): Promise<Page<AttemptView>> {
  authorise(actor, 'run.read');
  const { id, stage, repeated, agentId, state, limit, cursor } = parseInput(attemptsSchema, input);
  const paging = { limit, cursors: services.cursors, list: `attempts ${id} ${stage ?? ''} ${repeated}` };
  const after = cursor === undefined ? undefined : services.cursors.open(paging.list, cursor).map(Number);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const run = await loadRunRow(tx, id);
    const marks = await marksOf(services, run);
    const isShown = may(actor, 'run.payload', { pipelineId: pipelineIdOf(run) });
    const rows = await tx.execute<Row>(sql`
      SELECT idx, epoch, attempt, agent_id, ended, ready_at, started_at, finished_at, error, routing
      FROM task_attempts WHERE run_id = ${toUuid(id)}::text::uuid AND org_id = (SELECT current_org())
        ${stage === undefined ? sql`` : sql`AND idx = ${stage}::int`}
        ${agentId === undefined ? sql`` : sql`AND agent_id = ${toUuid(agentId)}::text::uuid`}
        ${state === undefined ? sql`` : sql`AND ended = ${state}`}
        ${repeated ? sql`AND idx IN (SELECT idx FROM tasks WHERE run_id = ${toUuid(id)}::text::uuid AND epoch > 1)` : sql``}
        ${after === undefined ? sql`` : sql`AND (idx, epoch) > (${after[0]}::int, ${after[1]}::int)`}
      ORDER BY idx, epoch LIMIT ${limit + 1}`);
    const toView = (row: Row): Unshown<AttemptView> => ({
      taskId: taskId(id, row.idx),
      stage: row.idx,
      ...{ epoch: row.epoch, attempt: row.attempt, state: row.ended, routing: row.routing },
      agentId: row.agent_id === null ? null : fromUuid('agent', row.agent_id),
      readyAt: toDate(row.ready_at),
      startedAt: toDate(row.started_at),
      finishedAt: toDate(row.finished_at),
      error: isShown ? row.error : redactError(row.error),
    });
    return toPage([...rows], paging, {
      placeOf: ({ idx, epoch }) => [String(idx), String(epoch)],
      toItems: (row) => showAttempt(toView(row), marks),
    });
  });
}

const toDate = (text: string | null): Date | null => (text === null ? null : new Date(text));
