import type { Sql } from '#db/client.ts';
import { type OrgId, toUuid } from '#server/domain/ids.ts';
import { type Envelope, lostKey, open, rewrap, type SealedPlace, seal } from './envelope.ts';
import type { SecretKeys } from './keys.ts';

/** Secrets for those who use them: outgoing calls. No door hands out what `read` gives. */
export interface SecretStore {
  /** Null: there is no such secret. */
  read(orgId: OrgId, name: string): Promise<string | null>;
  seal(value: string, place: SealedPlace): Envelope;
  /** Throws unless every key that a secret is sealed under is there. */
  checkKeys(): Promise<void>;
  /** Puts what is sealed under older keys under the current one; can be stopped and begun again at any point. */
  rotate(): Promise<number>;
}

interface SecretRow {
  orgUuid: string;
  name: string;
  version: number;
  keyId: string;
  wrappedKey: Uint8Array;
  sealed: Uint8Array;
}

const PAGE = 200;

export function createSecretStore(sql: Sql, keys: SecretKeys): SecretStore {
  const [current] = keys;

  async function checkKeys(): Promise<void> {
    const rows = await sql<{ keyId: string }[]>`SELECT DISTINCT key_id AS "keyId" FROM secrets`;
    for (const { keyId } of rows) {
      if (!keys.some(({ id }) => id === keyId)) throw lostKey(keyId);
    }
  }

  async function rotate(): Promise<number> {
    let moved = 0;
    for (;;) {
      const rows = await sql<SecretRow[]>`
        SELECT replace(org_id::text, '-', '') AS "orgUuid", name, version, key_id AS "keyId", wrapped_key AS "wrappedKey", sealed
        FROM secrets WHERE key_id <> ${current.id} ORDER BY org_id, name LIMIT ${PAGE}`;
      if (rows.length === 0) return moved;
      for (const row of rows) moved += await moveOne(row);
    }
  }

  async function moveOne(row: SecretRow): Promise<number> {
    const { keyId, wrappedKey } = rewrap(row, row, keys);
    // A value that was stored meanwhile has a later version, and the current key already.
    const done = await sql`
      UPDATE secrets SET key_id = ${keyId}, wrapped_key = ${wrappedKey}
      WHERE org_id = ${row.orgUuid} AND name = ${row.name} AND version = ${row.version} AND key_id = ${row.keyId}`;
    return done.count;
  }

  return {
    async read(orgId, name) {
      const orgUuid = toUuid(orgId);
      const [row] = await sql<SecretRow[]>`
        SELECT replace(org_id::text, '-', '') AS "orgUuid", name, version, key_id AS "keyId", wrapped_key AS "wrappedKey", sealed
        FROM secrets WHERE org_id = ${orgUuid} AND name = ${name}`;
      return row ? open(row, row, keys) : null;
    },
    seal: (value, place) => seal(value, place, keys),
    checkKeys,
    rotate,
  };
}
