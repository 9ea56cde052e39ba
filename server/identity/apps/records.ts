import type { Sql } from '#db/client.ts';
import { toUuid } from '#server/domain/ids.ts';
import { digest } from '../tokens.ts';

type Payload = Record<string, unknown>;

/** Where the library keeps things of one kind. */
export interface Records {
  upsert(id: string, payload: Payload, expiresInSeconds: number): Promise<void>;
  find(id: string): Promise<Payload | undefined>;
  consume(id: string): Promise<void>;
  destroy(id: string): Promise<void>;
  revokeByGrantId(grantId: string): Promise<void>;
  findByUid(uid: string): Promise<undefined>;
}

export interface RecordsOptions {
  sql: Sql;
  /** What is thrown when something that counts once is shown twice at the same moment. */
  usedTwice(): Error;
  /** Nothing that was granted by it counts any more. */
  endGrant(grantId: string): Promise<void>;
}

interface Row {
  payload: Payload;
  consumed: number | null;
}

/**
 * In the database, so that any process goes on with what another has begun. Rows are found by the digest of what is shown,
 * and hold it nowhere: a copy of them opens nothing.
 */
export function createRecords(kind: string, { sql, usedTwice, endGrant }: RecordsOptions): Records {
  // Who is signed in is for the panel to say, anew for each request: the library's own sessions are kept nowhere.
  if (kind === 'Session') return NOTHING;

  return {
    async upsert(id, { jti: _, ...payload }, expiresInSeconds) {
      const connection = typeof payload.accountId === 'string' ? toUuid(payload.accountId) : null;
      const grantId = typeof payload.grantId === 'string' ? payload.grantId : null;
      if (kind === 'Interaction') await sql`DELETE FROM app_records WHERE expires_at < now()`;
      await sql`INSERT INTO app_records (kind, id_hash, connection_id, grant_id, payload, expires_at)
        VALUES (${kind}, ${digest(id)}, ${connection}::text::uuid, ${grantId}, ${JSON.stringify(payload)}::text::json,
          now() + ${expiresInSeconds}::float8 * interval '1 s')
        ON CONFLICT (kind, id_hash) DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at`;
      if (kind !== 'AccessToken') return;
      await sql`UPDATE app_connections SET connected_at = coalesce(connected_at, now())
        WHERE id = ${connection}::text::uuid`;
    },
    async find(id) {
      const [row] = await sql<Row[]>`
        SELECT payload, extract(epoch FROM consumed_at)::float8 AS consumed FROM app_records
        WHERE kind = ${kind} AND id_hash = ${digest(id)} AND expires_at > now()`;
      if (!row) return undefined;
      return { ...row.payload, jti: id, ...(row.consumed === null ? {} : { consumed: row.consumed }) };
    },
    async consume(id) {
      const [used] = await sql<{ grant_id: string | null }[]>`
        UPDATE app_records SET consumed_at = now()
        WHERE kind = ${kind} AND id_hash = ${digest(id)} AND consumed_at IS NULL RETURNING grant_id`;
      if (used) return;
      // Somebody else has shown it since it was looked at: one of the two has stolen it.
      const [row] = await sql<{ grant_id: string | null }[]>`
        SELECT grant_id FROM app_records WHERE kind = ${kind} AND id_hash = ${digest(id)}`;
      if (row?.grant_id) await endGrant(row.grant_id);
      throw usedTwice();
    },
    async destroy(id) {
      if (kind === 'Grant') return endGrant(id);
      await sql`DELETE FROM app_records WHERE kind = ${kind} AND id_hash = ${digest(id)}`;
    },
    async revokeByGrantId(grantId) {
      await sql`DELETE FROM app_records WHERE kind = ${kind} AND grant_id = ${grantId}`;
    },
    findByUid: async () => undefined,
  };
}

const NOTHING: Records = {
  upsert: async () => undefined,
  find: async () => undefined,
  consume: async () => undefined,
  destroy: async () => undefined,
  revokeByGrantId: async () => undefined,
  findByUid: async () => undefined,
};
