import type { Sql } from '#db/client.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { fromUuid, type OrgId, type SessionId, toUuid, type UserId } from '#server/domain/ids.ts';
import { type AuditNote, noteBy } from './audit/note.ts';

/** An account as its owner sees it. */
export interface Account {
  id: UserId;
  name: string;
  email: string | null;
  hasPassword: boolean;
  createdAt: Date;
}

/** What proves who somebody is; never leaves the server. */
export interface Proof {
  userId: UserId;
  passwordHash: string | null;
  /** An account elsewhere or a passkey signs them in. */
  hasOtherWay: boolean;
  /** The organisations that they are members of, the one that they used last first. */
  orgIds: OrgId[];
}

export interface AccountChange {
  name?: string | undefined;
  email?: string | undefined;
  passwordHash?: string | undefined;
}

export interface People {
  findByEmail(email: string): Promise<Proof | undefined>;
  proofOf(userId: UserId): Promise<Proof | undefined>;
  account(userId: UserId): Promise<Account | undefined>;
  /**
   * Refused with CONFLICT when somebody has the address already. A new password ends all sessions but the one that is
   * kept, in the commit that sets it; they are returned.
   */
  update(
    userId: UserId,
    change: AccountChange,
    more: { keep: SessionId; noteOf(before: { name: string; email: string | null }): AuditNote },
  ): Promise<SessionId[]>;
}

interface ProofRow {
  id: string;
  password_hash: string | null;
  has_other_way: boolean;
  org_ids: string[];
}

export function createPeople(sql: Sql): People {
  const rest = sql`EXISTS (SELECT FROM linked_identities l WHERE l.user_id = u.id)
      OR EXISTS (SELECT FROM passkeys p WHERE p.user_id = u.id) AS has_other_way,
    coalesce((SELECT json_agg(m.org_id ORDER BY m.used_at DESC, m.created_at, m.org_id) FROM memberships m
    WHERE m.user_id = u.id), '[]') AS org_ids`;
  return {
    async findByEmail(email) {
      const [row] = await sql<ProofRow[]>`
        SELECT u.id, u.password_hash, ${rest} FROM users u WHERE u.email = ${email}`;
      return row && toProof(row);
    },
    async proofOf(userId) {
      const [row] = await sql<ProofRow[]>`
        SELECT u.id, u.password_hash, ${rest} FROM users u WHERE u.id = ${toUuid(userId)}::text::uuid`;
      return row && toProof(row);
    },
    async account(userId) {
      const [row] = await sql<
        { name: string; email: string | null; has_password: boolean; created_at: Date }[]
      >`
        SELECT name, email, password_hash IS NOT NULL AS has_password, created_at FROM users
        WHERE id = ${toUuid(userId)}::text::uuid`;
      if (!row) return undefined;
      const { name, email, has_password: hasPassword, created_at: createdAt } = row;
      return { id: userId, name, email, hasPassword, createdAt };
    },
    update: (userId, change, { keep, noteOf }) =>
      sql.begin(async (transaction) => {
        const tx = transaction as unknown as Sql;
        const [before] = await tx<{ name: string; email: string | null }[]>`
          SELECT name, email FROM users WHERE id = ${toUuid(userId)}::text::uuid FOR NO KEY UPDATE`;
        await updateUser(tx, userId, change);
        const ended =
          change.passwordHash === undefined
            ? []
            : await tx<{ id: string }[]>`DELETE FROM sessions WHERE user_id = ${toUuid(userId)}::text::uuid
                AND id <> ${toUuid(keep)}::text::uuid RETURNING id`;
        if (before) await noteBy(tx, noteOf(before));
        return ended.map(({ id }) => fromUuid('session', id));
      }) as Promise<SessionId[]>,
  };
}

function toProof(row: ProofRow): Proof {
  return {
    userId: fromUuid('user', row.id),
    passwordHash: row.password_hash,
    hasOtherWay: row.has_other_way,
    orgIds: row.org_ids.map((id) => fromUuid('org', id)),
  };
}

/** What is left out stays. */
export async function updateUser(sql: Sql, userId: UserId, change: AccountChange): Promise<void> {
  const { name = null, email = null, passwordHash = null } = change;
  await sql`UPDATE users SET name = coalesce(${name}, name), email = coalesce(${email}, email),
    password_hash = coalesce(${passwordHash}, password_hash) WHERE id = ${toUuid(userId)}::text::uuid`.catch(
    refuseTaken,
  );
}

export async function insertUser(
  sql: Sql,
  {
    uuid,
    name,
    email = null,
    passwordHash = null,
  }: { uuid: string; name: string; email?: string | null; passwordHash?: string | null },
): Promise<UserId> {
  await sql`INSERT INTO users (id, name, email, password_hash)
    VALUES (${uuid}::text::uuid, ${name}, ${email}, ${passwordHash})`.catch(refuseTaken);
  return fromUuid('user', uuid);
}

function refuseTaken(error: unknown): never {
  if ((error as { constraint_name?: string }).constraint_name !== 'users_email') throw error;
  throw new SignalboxError('CONFLICT', 'This e-mail address cannot be used here.', {
    advice: 'Use another one. If it is yours, sign in with it instead.',
  });
}
