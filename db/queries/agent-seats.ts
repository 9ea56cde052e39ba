import type { Sql } from '../client.ts';
import { partOf } from '../parts.ts';

/** One hand-out to an agent that any process can call: bare uuids. */
export interface SeatRow {
  agentId: string;
  seat: number;
  orgId: string;
  runId: string;
  index: number;
  epoch: number;
}

/** A hand-out that may have ended. */
export interface HandOutName {
  runId: string;
  index: number;
  epoch: number;
}

const UNDEFINED_TABLE = '42P01';

/** Who sits where. There are no more rows than such agents have room together. */
export async function readSeats(sql: Sql): Promise<SeatRow[]> {
  return sql<SeatRow[]>`
    SELECT replace(agent_id::text, '-', '') AS "agentId", seat, replace(org_id::text, '-', '') AS "orgId",
      replace(run_id::text, '-', '') AS "runId", idx AS index, epoch FROM agent_seats`;
}

/** Of these hand-outs, those whose task is still held under them; by primary key, in the parts of their weeks. */
export async function filterHeld<Item extends HandOutName>(
  sql: Sql,
  items: readonly Item[],
): Promise<Item[]> {
  const held: Item[] = [];
  for (const [part, own] of Map.groupBy(items, ({ runId }) => partOf(runId))) {
    const wanted = JSON.stringify(
      own.map(({ runId, index, epoch }, at) => ({ at, run: runId, idx: index, epoch })),
    );
    const rows = await sql
      .unsafe<{ at: number }[]>(
        `SELECT w.at FROM json_to_recordset($1::text::json) AS w (at int, run text, idx int, epoch int)
         JOIN tasks_${part} t ON t.run_id = w.run::uuid AND t.idx = w.idx AND t.epoch = w.epoch
         WHERE t.status = 'running'`,
        [wanted],
      )
      .catch((error: { code?: unknown }) => {
        // The week has been dropped, and everything in it was over.
        if (error.code === UNDEFINED_TABLE) return [];
        throw error;
      });
    for (const { at } of rows) held.push(own[at] as Item);
  }
  return held;
}

/**
 * Sets seats free whose task has gone, which nothing in the engine leaves behind: an agent that changed its transport,
 * a process of an older version. A hand-out's number never comes again, so a row that was read is the row that goes.
 */
export async function dropSeats(sql: Sql, seats: readonly SeatRow[]): Promise<void> {
  if (seats.length === 0) return;
  const gone = JSON.stringify(
    seats.map(({ agentId, seat, runId, index, epoch }) => ({ agentId, seat, runId, index, epoch })),
  );
  await sql`
    DELETE FROM agent_seats s
    USING json_to_recordset(${gone}::text::json) AS g ("agentId" text, seat int, "runId" text, index int, epoch int)
    WHERE s.agent_id = g."agentId"::uuid AND s.seat = g.seat AND s.run_id = g."runId"::uuid AND s.idx = g.index
      AND s.epoch = g.epoch`;
}
