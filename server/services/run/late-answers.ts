import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import type { TaskError } from '#server/domain/engine/events.ts';
import { type AgentId, fromUuid, idSchema, type TaskId, taskId, toUuid } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { redactError } from './redact.ts';
import { loadRunRow, marksOf, pipelineIdOf } from './run-view.ts';
import { type Shown, showLate, type Unshown } from './shown.ts';

const lateSchema = z.strictObject({
  id: idSchema('run'),
  /** One place in the pipeline; left out: all. */
  stage: z.int().min(0).optional(),
  limit: z.int().min(1).max(100).default(50),
  cursor: pageFields.cursor,
});

/** A page of answers has to fit into one of ours. */
const MAX_SHOWN_BYTES = 64 * 1024;

/** What an agent said of a hand-out that was no longer its own, or that had been answered: it changed nothing. */
export interface LateAnswerView extends Shown {
  taskId: TaskId;
  stage: number;
  epoch: number;
  agentId: AgentId | null;
  at: Date;
  /** Why it did not count. */
  reason: string;
  /** Whether it said that the work was done or that it had failed. */
  said: 'succeeded' | 'failed';
  /** Null as well where it is too large to be shown, or nothing for whoever asks. */
  output: Json | null;
  error: TaskError | null;
  bytes: number;
}

interface Row extends Record<string, unknown> {
  id: string;
  idx: number;
  epoch: number;
  agent_id: string | null;
  at: string;
  reason: string;
  bytes: number;
  failed: boolean;
  /**
   * As it was written, left out where it is large and no failure. Postgres does not look into it: one text in it that it has
   * no character for, such as a zero, would fail the whole page.
   */
  answer: string | null;
}

const FAILED = '^\\s*{\\s*"type"\\s*:\\s*"failed"';

/** In the order in which they came. */
export async function listLateAnswers(
  services: Services,
  actor: Actor,
  input: z.input<typeof lateSchema>,
): Promise<Page<LateAnswerView>> {
  authorise(actor, 'run.read');
  const { id, stage, limit, cursor } = parseInput(lateSchema, input);
  const paging = { limit, cursors: services.cursors, list: `late answers ${id} ${stage ?? ''}` };
  const [after] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const run = await loadRunRow(tx, id);
    const marks = await marksOf(services, run);
    const isShown = may(actor, 'run.payload', { pipelineId: pipelineIdOf(run) });
    const rows = await tx.execute<Row>(sql`
      SELECT id::text, idx, epoch, agent_id, at, reason, octet_length(answer::text) AS bytes,
        answer::text ~ ${FAILED} AS failed,
        CASE WHEN octet_length(answer::text) <= ${MAX_SHOWN_BYTES}::int OR answer::text ~ ${FAILED} THEN answer::text END AS answer
      FROM late_answers WHERE run_id = ${toUuid(id)}::text::uuid AND org_id = (SELECT current_org())
        ${stage === undefined ? sql`` : sql`AND idx = ${stage}::int`}
        ${after === undefined ? sql`` : sql`AND id > ${after}::text::bigint`}
      ORDER BY late_answers.id LIMIT ${limit + 1}::int`);
    const toView = (row: Row): Unshown<LateAnswerView> => {
      const { output = null, error = null } = saidIn(row);
      return {
        ...{ taskId: taskId(id, row.idx), stage: row.idx, epoch: row.epoch, reason: row.reason },
        said: row.failed ? 'failed' : 'succeeded',
        agentId: row.agent_id === null ? null : fromUuid('agent', row.agent_id),
        at: new Date(row.at),
        output: isShown && row.bytes <= MAX_SHOWN_BYTES ? output : null,
        error: isShown ? error : redactError(error),
        bytes: row.bytes,
      };
    };
    return toPage([...rows], paging, {
      placeOf: (row) => [row.id],
      toItems: (row) => showLate(toView(row), marks),
    });
  });
}

function saidIn({ answer }: Row): { output?: Json; error?: TaskError } {
  return answer === null ? {} : JSON.parse(answer);
}
