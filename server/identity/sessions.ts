import type { Sql } from '#db/client.ts';
import {
  fromUuid,
  type OrgId,
  type PipelineId,
  type SessionId,
  toUuid,
  type UserId,
} from '#server/domain/ids.ts';
import { type Actor, NOWHERE } from './actor.ts';
import type { Role } from './permissions.ts';
import { digest, newToken } from './tokens.ts';

export interface SessionLimits {
  /** Without a request for so long: signed out. */
  idleMs: number;
  /** However busy. */
  maxMs: number;
}

export interface NewSession {
  id: SessionId;
  /** For the cookie; kept nowhere. */
  token: string;
  maxAgeSeconds: number;
}

export interface SessionView {
  id: SessionId;
  how: string;
  address: string | null;
  userAgent: string | null;
  createdAt: Date;
  lastSeenAt: Date;
  expiresAt: Date;
}

/** Who signs in, how and from where. */
export interface SignIn {
  userId: UserId;
  orgId: OrgId;
  how: string;
  address: string | null;
  userAgent: string | null;
}

export interface Sessions {
  /** In a transaction of the caller's, so that a link is used up and its session there, or neither. */
  create(tx: Sql, signIn: SignIn): Promise<NewSession>;
  /** `isUse`: the look counts as a sign of life. */
  find(token: string, isUse: boolean): Promise<Actor | undefined>;
  list(userId: UserId): Promise<SessionView[]>;
  /** Ends it if it is theirs. */
  end(userId: UserId, id: SessionId): Promise<boolean>;
  /** Ends all of theirs but one, and returns which they were. */
  endOthers(userId: UserId, keep: SessionId): Promise<SessionId[]>;
}

export interface SessionOptions {
  sql: Sql;
  newUuid(): string;
  limits: SessionLimits;
}

interface Row {
  id: string;
  user_id: string;
  org_id: string;
  name: string;
  role: Role;
  grants: string[];
  is_quiet: boolean;
}

export function createSessions({ sql, newUuid, limits }: SessionOptions): Sessions {
  const idleSeconds = limits.idleMs / 1000;

  /** Written once a minute at most: a row that every request updates would be the hottest of all. */
  function touch(id: string): void {
    sql`UPDATE sessions SET last_seen_at = now() WHERE id = ${id}::uuid`.catch(() => undefined);
  }

  return {
    async create(tx, { userId, orgId, how, address, userAgent }) {
      const id = newUuid();
      const token = newToken();
      const maxSeconds = limits.maxMs / 1000;
      await tx`DELETE FROM sessions WHERE expires_at < now() OR last_seen_at < now() - ${idleSeconds}::float8 * interval '1 s'`;
      await tx`INSERT INTO sessions (id, token_hash, user_id, org_id, how, address, user_agent, expires_at)
        VALUES (${id}::text::uuid, ${digest(token)}, ${toUuid(userId)}::text::uuid, ${toUuid(orgId)}::text::uuid, ${how},
          ${address}, ${userAgent?.slice(0, 300) ?? null}, now() + ${maxSeconds}::float8 * interval '1 s')`;
      return { id: fromUuid('session', id), token, maxAgeSeconds: Math.floor(maxSeconds) };
    },
    async find(token, isUse) {
      const [row] = await sql<Row[]>`
        SELECT s.id, s.user_id, s.org_id, u.name, m.role, s.last_seen_at < now() - interval '1 minute' AS is_quiet,
          coalesce((SELECT json_agg(g.pipeline_id) FROM pipeline_grants g
            WHERE g.org_id = s.org_id AND g.user_id = s.user_id), '[]') AS grants
        FROM sessions s JOIN users u ON u.id = s.user_id
          JOIN memberships m ON m.user_id = s.user_id AND m.org_id = s.org_id
        WHERE s.token_hash = ${digest(token)} AND s.expires_at > now()
          AND s.last_seen_at > now() - ${idleSeconds}::float8 * interval '1 s'`;
      if (row?.is_quiet && isUse) touch(row.id);
      return row && toActor(row);
    },
    async list(userId) {
      const rows = await sql<
        {
          id: string;
          how: string;
          address: string | null;
          user_agent: string | null;
          created_at: Date;
          last_seen_at: Date;
          expires_at: Date;
        }[]
      >`
        SELECT id, how, address, user_agent, created_at, last_seen_at, expires_at FROM sessions
        WHERE user_id = ${toUuid(userId)}::text::uuid AND expires_at > now()
          AND last_seen_at > now() - ${idleSeconds}::float8 * interval '1 s'
        ORDER BY last_seen_at DESC LIMIT 200`;
      return rows.map((row) => ({
        id: fromUuid('session', row.id),
        how: row.how,
        address: row.address,
        userAgent: row.user_agent,
        createdAt: row.created_at,
        lastSeenAt: row.last_seen_at,
        expiresAt: row.expires_at,
      }));
    },
    async end(userId, id) {
      const rows = await sql`DELETE FROM sessions WHERE id = ${toUuid(id)}::text::uuid
        AND user_id = ${toUuid(userId)}::text::uuid RETURNING id`;
      return rows.length > 0;
    },
    async endOthers(userId, keep) {
      const rows = await sql<
        { id: string }[]
      >`DELETE FROM sessions WHERE user_id = ${toUuid(userId)}::text::uuid
        AND id <> ${toUuid(keep)}::text::uuid RETURNING id`;
      return rows.map(({ id }) => fromUuid('session', id));
    },
  };
}

function toActor(row: Row): Actor {
  const userId = fromUuid('user', row.user_id);
  return {
    kind: 'person',
    id: userId,
    orgId: fromUuid('org', row.org_id),
    name: row.name,
    role: row.role,
    grants: new Set(row.grants.map((id): PipelineId => fromUuid('pipe', id))),
    scopes: null,
    ceiling: null,
    agent: null,
    userId,
    sessionId: fromUuid('session', row.id),
    from: NOWHERE,
  };
}
