import type { Sql } from '#db/client.ts';
import {
  fromUuid,
  type OrgId,
  type PasskeyId,
  type PipelineId,
  type SessionId,
  toUuid,
  type UserId,
} from '#server/domain/ids.ts';
import { type Actor, NOWHERE, type Origin } from './actor.ts';
import { type AuditNote, auditNote, noteBy } from './audit/note.ts';
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
  /** Whoever is signed in by it. */
  actor: Actor;
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
  /** Which one, where it is by one. */
  passkeyId?: PasskeyId;
  from: Origin;
  /** The session that the browser had before: it ends with this one's beginning. */
  instead: SessionId | null;
  /** They are new in the organisation. */
  hasJoined?: boolean;
}

export interface Sessions {
  /**
   * In a transaction of the caller's, so that a link is used up and its session there, or neither. What the audit says
   * of it is in the same commit. Undefined: they are no member any more.
   */
  create(tx: Sql, signIn: SignIn): Promise<NewSession | undefined>;
  /** Goes over to another organisation of theirs. Undefined: they are no member of it. */
  enter(actor: Actor, orgId: OrgId): Promise<Actor | undefined>;
  /** `isUse`: the look counts as a sign of life. */
  find(token: string, isUse: boolean): Promise<Actor | undefined>;
  list(userId: UserId): Promise<SessionView[]>;
  /** Ends it if it is theirs, with the note of it. */
  end(userId: UserId, id: SessionId, note: AuditNote): Promise<boolean>;
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
  const isAlive = sql`s.expires_at > now() AND s.last_seen_at > now() - ${idleSeconds}::float8 * interval '1 s'`;

  /** Written once a minute at most: a row that every request updates would be the hottest of all. */
  function touch(id: string): void {
    sql`UPDATE sessions SET last_seen_at = now() WHERE id = ${id}::uuid`.catch(() => undefined);
  }

  return {
    async create(tx, { userId, orgId, how, passkeyId, from, instead, hasJoined = false }) {
      const id = newUuid();
      const token = newToken();
      const maxSeconds = limits.maxMs / 1000;
      // Held until the session is there: whoever is removed at this moment is removed before it or with it.
      const member = await tx`UPDATE memberships SET used_at = now()
        WHERE user_id = ${toUuid(userId)}::text::uuid AND org_id = ${toUuid(orgId)}::text::uuid RETURNING user_id`;
      if (member.length === 0) return undefined;
      await tx`DELETE FROM sessions WHERE expires_at < now() OR last_seen_at < now() - ${idleSeconds}::float8 * interval '1 s'`;
      await tx`INSERT INTO sessions (id, token_hash, user_id, org_id, how, passkey_id, address, user_agent, expires_at)
        VALUES (${id}::text::uuid, ${digest(token)}, ${toUuid(userId)}::text::uuid, ${toUuid(orgId)}::text::uuid, ${how},
          ${passkeyId ? toUuid(passkeyId) : null}::text::uuid, ${from.address}, ${from.userAgent?.slice(0, 300) ?? null}, now() + ${maxSeconds}::float8 * interval '1 s')`;
      if (instead !== null) {
        await tx`DELETE FROM sessions WHERE id = ${toUuid(instead)}::text::uuid`;
      }
      const row = await readRow(tx, tx`s.id = ${id}::text::uuid`);
      if (!row) throw new Error('a session was made and is not there');
      const actor = { ...toActor(row), from };
      const target = fromUuid('session', id);
      const joined = hasJoined ? [auditNote(actor, 'member.joined', { target: userId })] : [];
      await noteBy(tx, ...joined, auditNote(actor, 'session.opened', { target, after: { how } }));
      return { id: target, actor, token, maxAgeSeconds: Math.floor(maxSeconds) };
    },
    enter: (actor, orgId) =>
      sql.begin(async (transaction) => {
        const tx = transaction as unknown as Sql;
        const { userId, sessionId: target, from } = actor;
        if (userId === null || target === null) return undefined;
        const member = await tx`UPDATE memberships SET used_at = now()
          WHERE user_id = ${toUuid(userId)}::text::uuid AND org_id = ${toUuid(orgId)}::text::uuid RETURNING user_id`;
        if (member.length === 0) return undefined;
        const moved = await tx`UPDATE sessions SET org_id = ${toUuid(orgId)}::text::uuid
          WHERE id = ${toUuid(target)}::text::uuid AND user_id = ${toUuid(userId)}::text::uuid RETURNING id`;
        const row =
          moved.length === 0 ? undefined : await readRow(tx, tx`s.id = ${toUuid(target)}::text::uuid`);
        if (!row) return undefined;
        const there = { ...toActor(row), from };
        // To each organisation it is a session that ends or begins: where else somebody works is not theirs to know.
        if (orgId !== actor.orgId) {
          await noteBy(
            tx,
            auditNote(actor, 'session.ended', { target }),
            auditNote(there, 'session.opened', { target }),
          );
        }
        return there;
      }) as Promise<Actor | undefined>,
    async find(token, isUse) {
      const row = await readRow(sql, sql`s.token_hash = ${digest(token)} AND ${isAlive}`);
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
        SELECT id, how, address, user_agent, created_at, last_seen_at, expires_at FROM sessions s
        WHERE user_id = ${toUuid(userId)}::text::uuid AND ${isAlive}
        ORDER BY last_seen_at DESC`;
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
    end: (userId, id, note) =>
      sql.begin(async (transaction) => {
        const tx = transaction as unknown as Sql;
        const rows = await tx`DELETE FROM sessions WHERE id = ${toUuid(id)}::text::uuid
          AND user_id = ${toUuid(userId)}::text::uuid RETURNING id`;
        if (rows.length > 0) await noteBy(tx, note);
        return rows.length > 0;
      }) as Promise<boolean>,
  };
}

/** A session with whoever it stands for, as they are now. */
async function readRow(sql: Sql, which: ReturnType<Sql>): Promise<Row | undefined> {
  const [row] = await sql<Row[]>`
    SELECT s.id, s.user_id, s.org_id, u.name, m.role, s.last_seen_at < now() - interval '1 minute' AS is_quiet,
      coalesce((SELECT json_agg(g.pipeline_id) FROM pipeline_grants g
        WHERE g.org_id = s.org_id AND g.user_id = s.user_id), '[]') AS grants
    FROM sessions s JOIN users u ON u.id = s.user_id
      JOIN memberships m ON m.user_id = s.user_id AND m.org_id = s.org_id
    WHERE ${which}`;
  return row;
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
