import type { Sql } from '#db/client.ts';
import {
  DEFAULT_ORG_ID,
  fromUuid,
  type OrgId,
  type SessionId,
  toUuid,
  type UserId,
} from '#server/domain/ids.ts';
import type { Origin } from './actor.ts';
import { insertUser, updateUser } from './people.ts';
import type { Role } from './permissions.ts';
import type { NewSession, Sessions } from './sessions.ts';
import { digest, newToken } from './tokens.ts';

/** A link that is still good. */
export interface OpenLink {
  kind: 'owner' | 'invite';
  orgId: OrgId;
  role: Role;
  /** An owner's link: the owner that it signs in, once there is one. */
  owner: { userId: UserId; hasPassword: boolean } | null;
}

/** Whoever opens a link, with the account that they make or have. */
export interface Newcomer {
  /** Left out: the account of the owner as it is. */
  account?:
    | { userId: UserId }
    | { name: string; email: string; passwordHash: string }
    | { name: string; identity: { issuer: string; subject: string } };
  how: string;
  from: Origin;
  /** The session that the browser had before. */
  instead: SessionId | null;
}

export interface Links {
  /** For the start to print: signs in the first owner, and makes it if there is none. */
  issueOwnerLink(): Promise<string>;
  /** Looks without using it up. */
  peek(token: string): Promise<OpenLink | undefined>;
  /** Uses it up and signs in; undefined when it is wrong, used, old, or its maker may not invite any more. */
  open(token: string, newcomer: Newcomer): Promise<NewSession | undefined>;
  /** The same for whoever has kept the token's digest. */
  openHashed(hash: string, newcomer: Newcomer): Promise<NewSession | undefined>;
}

export interface LinkOptions {
  sql: Sql;
  newUuid(): string;
  sessions: Sessions;
}

const OWNER_LINK_HOURS = 24;

interface LinkRow {
  kind: 'owner' | 'invite';
  org_id: string;
  role: Role;
}

export function createLinks(options: LinkOptions): Links {
  const { sql, newUuid, sessions } = options;

  const openHashed = (hash: string, newcomer: Newcomer) =>
    sql.begin(async (transaction) => {
      const tx = transaction as unknown as Sql;
      // Deleted first: of two who open it together the second finds nothing.
      const [row] = await tx<LinkRow[]>`DELETE FROM sign_in_links l WHERE token_hash = ${hash}
        AND ${isGood(tx)} RETURNING kind, org_id, role`;
      if (!row) return undefined;
      const orgId = fromUuid('org', row.org_id);
      const settled =
        row.kind === 'owner' ? settleOwner(tx, options, { orgId, newcomer }) : settle(tx, options, newcomer);
      const userId = await settled;
      const hasJoined = await join(tx, { userId, orgId, role: row.role });
      const { how, from, instead } = newcomer;
      return sessions.create(tx, { userId, orgId, how, from, instead, hasJoined });
    }) as Promise<NewSession | undefined>;

  return {
    async issueOwnerLink() {
      const token = newToken();
      await sql`DELETE FROM sign_in_links WHERE expires_at < now()`;
      await sql`INSERT INTO sign_in_links (id, token_hash, kind, org_id, role, expires_at)
        VALUES (${newUuid()}::text::uuid, ${digest(token)}, 'owner', ${toUuid(DEFAULT_ORG_ID)}::text::uuid, 'owner',
          now() + ${OWNER_LINK_HOURS}::int * interval '1 hour')`;
      return token;
    },
    async peek(token) {
      const [row] = await sql<LinkRow[]>`SELECT kind, org_id, role FROM sign_in_links l
        WHERE token_hash = ${digest(token)} AND ${isGood(sql)}`;
      if (!row) return undefined;
      const orgId = fromUuid('org', row.org_id);
      const owner = row.kind === 'owner' ? await findOwner(sql, orgId) : undefined;
      return { kind: row.kind, orgId, role: row.role, owner: owner ?? null };
    },
    open: (token, newcomer) => openHashed(digest(token), newcomer),
    openHashed,
  };
}

/** In time, and made by the start or by somebody who may still invite to that role. */
function isGood(sql: Sql) {
  return sql`l.expires_at > now() AND (l.made_by IS NULL OR EXISTS (SELECT FROM memberships m
    WHERE m.org_id = l.org_id AND m.user_id = l.made_by
      AND (m.role = 'owner' OR (m.role = 'admin' AND l.role <> 'owner'))))`;
}

async function findOwner(sql: Sql, orgId: OrgId): Promise<OpenLink['owner']> {
  const [row] = await sql<{ id: string; has_password: boolean }[]>`
    SELECT u.id, u.password_hash IS NOT NULL AS has_password FROM memberships m JOIN users u ON u.id = m.user_id
    WHERE m.org_id = ${toUuid(orgId)}::text::uuid AND m.role = 'owner' ORDER BY m.created_at, u.id LIMIT 1`;
  return row ? { userId: fromUuid('user', row.id), hasPassword: row.has_password } : null;
}

/** Two links opened at once on a new installation make one owner: the second waits here and finds the first's. */
async function settleOwner(
  tx: Sql,
  options: LinkOptions,
  { orgId, newcomer }: { orgId: OrgId; newcomer: Newcomer },
): Promise<UserId> {
  await tx`SELECT pg_advisory_xact_lock(hashtext('signalbox first owner'))`;
  const owner = await findOwner(tx, orgId);
  const { account } = newcomer;
  if (!owner)
    return account
      ? settle(tx, options, newcomer)
      : insertUser(tx, { uuid: options.newUuid(), name: 'Owner' });
  // Whoever has a password has finished setting up: the link then only signs in.
  if (account && 'email' in account && !owner.hasPassword) await updateUser(tx, owner.userId, account);
  return owner.userId;
}

async function settle(tx: Sql, { newUuid }: LinkOptions, { account }: Newcomer): Promise<UserId> {
  if (!account) throw new Error('an invitation was opened without an account');
  if ('userId' in account) return account.userId;
  if ('email' in account) return insertUser(tx, { uuid: newUuid(), ...account });
  const userId = await insertUser(tx, { uuid: newUuid(), name: account.name });
  const { issuer, subject } = account.identity;
  await tx`INSERT INTO linked_identities (issuer, subject, user_id) VALUES (${issuer}, ${subject}, ${toUuid(userId)}::text::uuid)`;
  return userId;
}

/** Who is a member already stays what they are: a link raises nobody. Says whether they are new. */
async function join(
  tx: Sql,
  { userId, orgId, role }: { userId: UserId; orgId: OrgId; role: Role },
): Promise<boolean> {
  const made = await tx`INSERT INTO memberships (org_id, user_id, role)
    VALUES (${toUuid(orgId)}::text::uuid, ${toUuid(userId)}::text::uuid, ${role})
    ON CONFLICT (org_id, user_id) DO NOTHING RETURNING user_id`;
  return made.length > 0;
}
