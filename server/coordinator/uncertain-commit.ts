import type { Sql } from '#db/client.ts';
import type { BatchRows } from '#db/queries/rows.ts';

/**
 * Whether a batch whose answer was lost is in the database: looked up by what it would have written of its first run.
 * Events name agents, hand-outs and moments, so nobody else can have written the same ones.
 */
export async function isCommitted(sql: Sql, part: string, { events, inbox }: BatchRows): Promise<boolean> {
  const [event] = events;
  if (event) {
    const [row] = await sql.unsafe<{ entries: unknown; at: string }[]>(
      `SELECT entries, extract(epoch FROM at) * 1000 AS at FROM run_events_${part}
       WHERE run_id = $1::text::uuid AND seq_from = $2::text::int`,
      [event.runId, String(event.seqFrom)],
      { prepare: true },
    );
    return (
      row !== undefined &&
      Math.round(Number(row.at)) === event.at &&
      JSON.stringify(row.entries) === JSON.stringify(event.entries)
    );
  }
  const [message] = inbox;
  // Nothing that anybody waits for: to write it again does no harm.
  if (!message) return false;
  const rows = await sql`SELECT FROM inbox WHERE message_id = ${message.messageId}`;
  return rows.length > 0;
}
