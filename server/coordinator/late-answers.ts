import type { Sql } from '#db/client.ts';
import { type AgentId, type RunId, toUuid } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';

export interface LateAnswer {
  runId: RunId;
  index: number;
  epoch: number;
  agentId: AgentId;
  reason: string;
  answer: Json;
}

/** Kept once each, however often it is sent; answers to runs that do not exist are nobody's. */
export async function storeLateAnswer(sql: Sql, late: LateAnswer): Promise<void> {
  const answer = JSON.stringify(late.answer);
  await sql`
    INSERT INTO late_answers (org_id, run_id, idx, epoch, agent_id, reason, answer)
    SELECT r.org_id, r.id, ${late.index}::int, ${late.epoch}::int, ${toUuid(late.agentId)}::text::uuid, ${late.reason},
      ${answer}::text::json
    FROM runs r JOIN agents a ON a.id = ${toUuid(late.agentId)}::text::uuid AND a.org_id = r.org_id
    WHERE r.id = ${toUuid(late.runId)}::text::uuid AND NOT EXISTS (
      SELECT FROM late_answers l WHERE l.run_id = r.id AND l.idx = ${late.index}::int AND l.epoch = ${late.epoch}::int
        AND l.agent_id = a.id AND l.answer::text = ${answer}::text)`;
}

/** The hand-outs that tasks are at, for those whose report came too late. */
export async function readEpochs(
  sql: Sql,
  tasks: readonly { runId: RunId; index: number }[],
): Promise<Map<string, number>> {
  const wanted = JSON.stringify(tasks.map(({ runId, index }) => ({ run: toUuid(runId), idx: index })));
  const rows = await sql<{ run: string; idx: number; epoch: number }[]>`
    SELECT w.run, w.idx, t.epoch FROM json_to_recordset(${wanted}::text::json) AS w (run text, idx int)
    JOIN tasks t ON t.run_id = w.run::uuid AND t.idx = w.idx`;
  return new Map(rows.map((row) => [epochKey(`run_${row.run}` as RunId, row.idx), row.epoch]));
}

export const epochKey = (runId: RunId, index: number): string => `${runId} ${index}`;
