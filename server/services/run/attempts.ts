import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import type { TaskError } from '#server/domain/engine/events.ts';
import { type AgentId, fromUuid, idSchema, type TaskId, taskId, toUuid } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { redactError } from './redact.ts';
import { loadRunRow, marksOf, pipelineIdOf } from './run-view.ts';
import { type Shown, showAttempt } from './shown.ts';

const attemptsSchema = z.strictObject({
  id: idSchema('run'),
  /** One place in the pipeline; left out: all. */
  stage: z.int().min(0).optional(),
  /** Only of stages that were handed out more than once: of the others the task itself says all. */
  repeated: z.boolean().default(false),
});

/** Of one run, whose policy bounds them; a run of many stages with many retries is cut here. */
const MAX_ATTEMPTS = 5_000;

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

/** Every hand-out of every task, in order. */
export async function listAttempts(
  services: Services,
  actor: Actor,
  input: z.input<typeof attemptsSchema>,
): Promise<AttemptView[]> {
  authorise(actor, 'run.read');
  const { id, stage, repeated } = parseInput(attemptsSchema, input);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const run = await loadRunRow(tx, id);
    const marks = await marksOf(services, run);
    const isShown = may(actor, 'run.payload', { pipelineId: pipelineIdOf(run) });
    const rows = await tx.execute<Row>(sql`
      SELECT idx, epoch, attempt, agent_id, ended, ready_at, started_at, finished_at, error, routing
      FROM task_attempts WHERE run_id = ${toUuid(id)}::text::uuid
        ${stage === undefined ? sql`` : sql`AND idx = ${stage}::int`}
        ${repeated ? sql`AND idx IN (SELECT idx FROM tasks WHERE run_id = ${toUuid(id)}::text::uuid AND epoch > 1)` : sql``}
      ORDER BY idx, epoch LIMIT ${MAX_ATTEMPTS}`);
    const views = [...rows].map((row) => ({
      taskId: taskId(id, row.idx),
      stage: row.idx,
      ...{ epoch: row.epoch, attempt: row.attempt, state: row.ended, routing: row.routing },
      agentId: row.agent_id === null ? null : fromUuid('agent', row.agent_id),
      readyAt: toDate(row.ready_at),
      startedAt: toDate(row.started_at),
      finishedAt: toDate(row.finished_at),
      error: isShown ? row.error : redactError(row.error),
    }));
    return views.map((view) => showAttempt(view, marks));
  });
}

const toDate = (text: string | null): Date | null => (text === null ? null : new Date(text));
