import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '#db/client.ts';
import type { AgentHandler, Assignment } from '#server/agents/agent.ts';
import { type RunId, toUuid } from '#server/domain/ids.ts';

/**
 * The outside service that agents work on, as a table of the test: it counts every call, and gives one effect to each
 * effect key, as a payment service does with its idempotency keys.
 */
export async function createLedger(sql: Sql): Promise<void> {
  await sql.unsafe(`
    CREATE TABLE ledger_calls (call uuid PRIMARY KEY, effect_key text NOT NULL, run_id uuid NOT NULL,
      stage text NOT NULL, epoch integer NOT NULL, pid integer NOT NULL, at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE ledger_effects (effect_key text PRIMARY KEY, call uuid NOT NULL);
    CREATE TABLE gates (run_id uuid PRIMARY KEY)`);
}

/** Stable over attempts: what must happen once in the world, however often it is tried. */
const effectKeyOf = ({ runId, stageKey }: Assignment): string => `${runId} ${stageKey}`;

export function createLedgerAgent(sql: Sql): AgentHandler {
  return async (assignment) => {
    const { runId, stageKey, epoch } = assignment;
    const key = effectKeyOf(assignment);
    const [row] = await sql<{ call: string; effect: string }[]>`
      WITH called AS (
        INSERT INTO ledger_calls (call, effect_key, run_id, stage, epoch, pid)
        VALUES (gen_random_uuid(), ${key}, ${toUuid(runId)}::text::uuid, ${stageKey}, ${epoch}, ${process.pid})
        RETURNING call),
      had AS (INSERT INTO ledger_effects (effect_key, call) SELECT ${key}, call FROM called
        ON CONFLICT (effect_key) DO UPDATE SET effect_key = EXCLUDED.effect_key RETURNING call)
      SELECT called.call, had.call AS effect FROM called, had`;
    if (!row) throw new Error('the ledger did not answer');
    return { call: row.call, effect: row.effect, stage: stageKey };
  };
}

/** Answers when the run's gate is open and not before, so that a test need not guess how long anything takes. */
export function createGateAgent(sql: Sql): AgentHandler {
  return async ({ runId, input }, { signal }) => {
    for (;;) {
      const rows = await sql`SELECT FROM gates WHERE run_id = ${toUuid(runId)}::text::uuid`;
      if (rows.length > 0) return input;
      await sleep(20, undefined, { signal });
    }
  };
}

export async function openGate(sql: Sql, ...runs: readonly RunId[]): Promise<void> {
  for (const runId of runs) {
    await sql`INSERT INTO gates (run_id) VALUES (${toUuid(runId)}::text::uuid) ON CONFLICT DO NOTHING`;
  }
}

/**
 * What the service has seen against what the runs say: each success of a ledger stage rests on a call that was made for
 * that very task, no call was accepted for two tasks, and nothing was called that no task asked for.
 * This is I7, which our own database cannot show: one effect of each key, and what counted came of it.
 */
export async function checkLedger(sql: Sql): Promise<string[]> {
  const wrong = await sql<{ complaint: string }[]>`
    WITH accepted AS (
      SELECT t.run_id, t.stage_key, t.epoch, (t.output ->> 'call')::uuid AS call
      FROM tasks t WHERE t.capability = 'ledger' AND t.status = 'succeeded')
    SELECT 'accepted without a call: ' || a.run_id || ' ' || a.stage_key AS complaint
      FROM accepted a LEFT JOIN ledger_calls c ON c.call = a.call AND c.run_id = a.run_id AND c.stage = a.stage_key
      WHERE c.call IS NULL
    UNION ALL
    SELECT 'one call accepted twice: ' || call FROM accepted GROUP BY call HAVING count(*) > 1
    UNION ALL
    SELECT 'accepted from another hand-out: ' || a.run_id || ' ' || a.stage_key
      FROM accepted a JOIN ledger_calls c ON c.call = a.call WHERE c.epoch <> a.epoch
    UNION ALL
    SELECT 'a key with another effect than the one that it has: ' || e.effect_key FROM tasks t
      JOIN ledger_calls c ON c.call = (t.output ->> 'call')::uuid JOIN ledger_effects e USING (effect_key)
      WHERE t.capability = 'ledger' AND t.status = 'succeeded' AND (t.output ->> 'effect')::uuid <> e.call
    UNION ALL
    SELECT 'called for a task that does not exist: ' || c.effect_key
      FROM ledger_calls c LEFT JOIN tasks t ON t.run_id = c.run_id AND t.stage_key = c.stage WHERE t.run_id IS NULL`;
  return wrong.map((row) => row.complaint);
}

/** Hand-outs that were carried out more than once. Over a broker that may happen; by a call in one process never. */
export async function countRepeatedHandOuts(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM (
      SELECT FROM ledger_calls GROUP BY effect_key, epoch HAVING count(*) > 1) repeated`;
  return row?.count ?? 0;
}

export async function countCalls(sql: Sql, runId: RunId): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM ledger_calls WHERE run_id = ${toUuid(runId)}::text::uuid`;
  return row?.count ?? 0;
}
