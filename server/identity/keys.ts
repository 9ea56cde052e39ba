import type { Sql } from '#db/client.ts';
import { fromUuid, type PipelineId } from '#server/domain/ids.ts';
import { createAddressList } from '#server/platform/address-policy.ts';
import type { Entry } from './access.ts';
import { type Actor, NO_GRANTS, NOWHERE, type Rights } from './actor.ts';
import type { ReadKey } from './key-format.ts';
import { permissionOf, type Role, type Scope } from './permissions.ts';
import { digest, equals } from './tokens.ts';

export interface Keys {
  /** The actor that a key stands for now: with what its maker may now, and whence it may come. */
  find(key: string, read: ReadKey, address: string | null): Promise<Entry | undefined>;
}

export interface KeyRow {
  id: string;
  org_id: string;
  name: string;
  role: Role;
  scopes: Scope[] | null;
  secret_hash: string;
  previous_hash: string | null;
  networks: string[] | null;
  made_by: string | null;
  maker_role: Role | null;
  grants: string[];
  is_quiet: boolean;
}

interface TokenRow {
  id: string;
  org_id: string;
  agent_name: string;
  secret_hash: string;
  made_by: string | null;
  is_quiet: boolean;
}

/** Whoever may make agents' tokens: when its maker may not any more, a token ends. */
export const TOKEN_MAKERS: readonly Role[] = permissionOf('agent.visit').roles;

/** Of `k`, a key, and `m`, the membership of whoever made it. */
export const KEY_COLUMNS = `k.id, k.org_id, k.name, k.role, array_to_json(k.scopes) AS scopes, k.secret_hash,
  CASE WHEN k.previous_until > now() THEN k.previous_hash END AS previous_hash,
  array_to_json(k.networks) AS networks, k.made_by, m.role AS maker_role,
  coalesce(k.last_used_at < now() - interval '1 minute', true) AS is_quiet,
  coalesce((SELECT json_agg(g.pipeline_id) FROM pipeline_grants g
    WHERE g.org_id = k.org_id AND g.user_id = k.made_by), '[]') AS grants`;

export function createKeys(sql: Sql): Keys {
  async function findKey(key: string, uuid: string, address: string | null): Promise<Entry | undefined> {
    const [row] = await sql<KeyRow[]>`
      SELECT ${sql.unsafe(KEY_COLUMNS)} FROM api_keys k LEFT JOIN memberships m ON m.org_id = k.org_id AND m.user_id = k.made_by
      WHERE k.id = ${uuid}::text::uuid AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())`;
    const ceiling = row && ceilingOf(row);
    if (!row || !ceiling || !isOneOf(key, [row.secret_hash, row.previous_hash])) return undefined;
    const networks = row.networks && createAddressList(row.networks);
    const allows = (from: string | null) => networks === null || (from !== null && networks.has(from));
    // Written once a minute at most. A try from elsewhere is no use of it.
    if (row.is_quiet && allows(address)) {
      sql`UPDATE api_keys SET last_used_at = now(), last_used_from = ${address} WHERE id = ${row.id}::uuid`.catch(
        () => undefined,
      );
    }
    return { actor: toKeyActor(row, ceiling), allows };
  }

  async function findAgentToken(key: string, uuid: string): Promise<Entry | undefined> {
    const [row] = await sql<TokenRow[]>`
      SELECT id, org_id, agent_name, secret_hash, made_by,
        coalesce(last_used_at < now() - interval '1 minute', true) AS is_quiet
      FROM agent_tokens t
      WHERE id = ${uuid}::text::uuid AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
        AND (made_by IS NULL OR EXISTS (SELECT FROM memberships m WHERE m.org_id = t.org_id AND m.user_id = t.made_by
          AND m.role IN (SELECT json_array_elements_text(${JSON.stringify(TOKEN_MAKERS)}::text::json))))`;
    if (!row || !isOneOf(key, [row.secret_hash])) return undefined;
    if (row.is_quiet) {
      sql`UPDATE agent_tokens SET last_used_at = now() WHERE id = ${row.id}::uuid`.catch(() => undefined);
    }
    return { actor: toAgentActor(row), allows: () => true };
  }

  return {
    find: (key, { kind, uuid }, address) =>
      kind === 'key' ? findKey(key, uuid, address) : findAgentToken(key, uuid),
  };
}

function isOneOf(key: string, hashes: readonly (string | null)[]): boolean {
  const given = digest(key);
  return hashes.filter((hash) => hash !== null && equals(given, hash)).length > 0;
}

/** Undefined: whoever made it is no member any more. */
export function ceilingOf({ made_by, maker_role, grants }: KeyRow): Rights | undefined {
  if (made_by === null) return { role: 'owner', grants: NO_GRANTS };
  if (maker_role === null) return undefined;
  return { role: maker_role, grants: new Set(grants.map((id): PipelineId => fromUuid('pipe', id))) };
}

export function toKeyActor(row: KeyRow, ceiling: Rights): Actor {
  return {
    kind: 'key',
    id: fromUuid('key', row.id),
    orgId: fromUuid('org', row.org_id),
    name: row.name,
    role: row.role,
    grants: NO_GRANTS,
    scopes: row.scopes,
    ceiling,
    agent: null,
    userId: row.made_by === null ? null : fromUuid('user', row.made_by),
    sessionId: null,
    from: NOWHERE,
  };
}

function toAgentActor(row: TokenRow): Actor {
  return {
    kind: 'agent',
    id: fromUuid('agentToken', row.id),
    orgId: fromUuid('org', row.org_id),
    name: row.agent_name,
    role: null,
    grants: NO_GRANTS,
    scopes: null,
    ceiling: null,
    agent: row.agent_name,
    userId: row.made_by === null ? null : fromUuid('user', row.made_by),
    sessionId: null,
    from: NOWHERE,
  };
}
