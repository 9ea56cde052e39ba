import type { Sql } from '#db/client.ts';
import { keysBy, makeOnceBy, type Once, shownBefore } from '#db/queries/make-once.ts';
import { fillOrg } from '#db/seed/seed.ts';
import { fromUuid, type OrgId, toUuid, type UserId } from '#server/domain/ids.ts';
import { isRunOver, RUN_STATUSES } from '#server/domain/statuses.ts';
import type { Actor } from './actor.ts';
import { auditNote, noteBy } from './audit/note.ts';
import type { Role } from './permissions.ts';
import { digest, newToken } from './tokens.ts';

/** An organisation as one of its members sees it. */
export interface OwnOrg {
  id: OrgId;
  name: string;
  role: Role;
  joinedAt: Date;
}

/** As whoever looks after the installation sees it. */
export interface OrgView {
  id: OrgId;
  name: string;
  members: number;
  createdAt: Date;
  closedAt: Date | null;
}

export interface NewOrg {
  id: OrgId;
  name: string;
  /** For whoever is no person and so cannot be its owner: the token of an owner's invitation. */
  invitation: string | null;
  /** False: the same request has made it before. */
  isNew: boolean;
}

/** Closing ends what leads in; `subjects` are those whose rights have ended by it. */
export type Closing = { outcome: 'closed'; subjects: string[] } | { outcome: 'busy'; runs: number };

/** Organisations beyond the one that a request is about, which the doors' role cannot see. */
export interface Orgs {
  ofPerson(userId: UserId): Promise<OwnOrg[]>;
  nameOf(id: OrgId): Promise<string | undefined>;
  isOpen(id: OrgId): Promise<boolean>;
  /** Newest first, of the whole installation. */
  list(which: { before: string | undefined; search: string | undefined; limit: number }): Promise<OrgView[]>;
  /**
   * With its owner, and what the audits of both organisations say of it. A request that is repeated is refused with
   * CONFLICT where it has made an invitation, which was shown then.
   */
  create(actor: Actor, wish: { name: string; once: Once | null }): Promise<NewOrg>;
  /** Refused while runs go on. */
  close(actor: Actor): Promise<Closing>;
}

export interface OrgOptions {
  sql: Sql;
  newUuid(): string;
}

const OPEN = RUN_STATUSES.filter((status) => !isRunOver(status));
const INVITATION_HOURS = 72;

export function createOrgs({ sql, newUuid }: OrgOptions): Orgs {
  return {
    async ofPerson(userId) {
      const rows = await sql<{ id: string; name: string; role: Role; created_at: Date }[]>`
        SELECT o.id, o.name, m.role, m.created_at FROM memberships m JOIN orgs o ON o.id = m.org_id
        WHERE m.user_id = ${toUuid(userId)}::text::uuid ORDER BY m.created_at, o.id LIMIT 1000`;
      return rows.map(({ id, name, role, created_at }) => ({
        ...{ id: fromUuid('org', id), name, role },
        joinedAt: created_at,
      }));
    },
    async nameOf(id) {
      const [row] = await sql<{ name: string }[]>`SELECT name FROM orgs WHERE id = ${toUuid(id)}::text::uuid`;
      return row?.name;
    },
    async isOpen(id) {
      const rows = await sql`SELECT FROM orgs WHERE id = ${toUuid(id)}::text::uuid AND closed_at IS NULL`;
      return rows.length > 0;
    },
    async list({ before, search, limit }) {
      const rows = await sql<
        { id: string; name: string; members: number; created_at: Date; closed_at: Date | null }[]
      >`
        SELECT o.id, o.name, o.created_at, o.closed_at,
          (SELECT count(*)::int FROM memberships m WHERE m.org_id = o.id) AS members
        FROM orgs o WHERE (${before ?? null}::text IS NULL OR o.id < ${before ?? null}::text::uuid)
          AND (${search ?? null}::text IS NULL OR position(lower(${search ?? ''}) IN lower(o.name)) > 0)
        ORDER BY o.id DESC LIMIT ${limit}::int`;
      return rows.map(({ id, name, members, created_at, closed_at }) => ({
        ...{ id: fromUuid('org', id), name, members },
        ...{ createdAt: created_at, closedAt: closed_at },
      }));
    },
    create: (actor, { name, once }) =>
      sql.begin(async (transaction) => {
        const tx = transaction as unknown as Sql;
        const invitation = actor.userId === null ? { id: newUuid(), token: newToken() } : null;
        const make = async () => {
          const id = fromUuid('org', newUuid());
          await insert(tx, actor, { id, name, invitation });
          await fillOrg(tx, id, newUuid);
          return { id, isNew: true };
        };
        const { id, isNew } = await makeOnceBy(keysBy(tx), once, make);
        if (!isNew && invitation !== null) {
          throw shownBefore(id, 'Make another with a new idempotency key, and leave this one empty.');
        }
        return { id, name, invitation: invitation?.token ?? null, isNew };
      }) as Promise<NewOrg>,
    close: (actor) =>
      sql.begin((transaction) => close(transaction as unknown as Sql, actor)) as Promise<Closing>,
  };
}

async function insert(
  tx: Sql,
  actor: Actor,
  { id, name, invitation }: { id: OrgId; name: string; invitation: { id: string; token: string } | null },
): Promise<void> {
  const orgId = toUuid(id);
  await tx`INSERT INTO orgs (id, name) VALUES (${orgId}::text::uuid, ${name})`;
  if (actor.userId !== null) {
    await tx`INSERT INTO memberships (org_id, user_id, role)
      VALUES (${orgId}::text::uuid, ${toUuid(actor.userId)}::text::uuid, 'owner')`;
  }
  if (invitation !== null) {
    await tx`INSERT INTO sign_in_links (id, token_hash, kind, org_id, role, expires_at)
      VALUES (${invitation.id}::text::uuid, ${digest(invitation.token)}, 'invite', ${orgId}::text::uuid, 'owner',
        now() + ${INVITATION_HOURS}::int * interval '1 hour')`;
  }
  const what = { target: id, after: { name } };
  await noteBy(
    tx,
    auditNote(actor, 'org.created', what),
    auditNote({ ...actor, orgId: id }, 'org.created', what),
  );
}

/** What it holds stays until retention takes it, and nobody can reach it. */
async function close(tx: Sql, actor: Actor): Promise<Closing> {
  const orgId = toUuid(actor.orgId);
  // Starts that are under way are waited for and counted; later ones wait, and find it closed (`admit_births`).
  await tx`SELECT pg_advisory_xact_lock(org_lock(${orgId}::text::uuid))`;
  const [before] = await tx<
    { name: string }[]
  >`SELECT name FROM orgs WHERE id = ${orgId}::text::uuid FOR UPDATE`;
  const [{ runs } = { runs: 0 }] = await tx<{ runs: number }[]>`SELECT count(*)::int AS runs FROM runs
    WHERE org_id = ${orgId}::text::uuid
      AND status = ANY (ARRAY(SELECT json_array_elements_text(${JSON.stringify(OPEN)}::text::json)::run_status))`;
  if (runs > 0) return { outcome: 'busy', runs };
  await tx`UPDATE orgs SET closed_at = now() WHERE id = ${orgId}::text::uuid`;
  await tx`DELETE FROM sign_in_links WHERE org_id = ${orgId}::text::uuid`;
  const keys = await tx<{ id: string }[]>`UPDATE api_keys SET revoked_at = now()
    WHERE org_id = ${orgId}::text::uuid AND revoked_at IS NULL RETURNING id`;
  const tokens = await tx<{ id: string }[]>`UPDATE agent_tokens SET revoked_at = now()
    WHERE org_id = ${orgId}::text::uuid AND revoked_at IS NULL RETURNING id`;
  // Sessions and grants go with the membership.
  const people = await tx<{ id: string }[]>`DELETE FROM memberships
    WHERE org_id = ${orgId}::text::uuid RETURNING user_id AS id`;
  await noteBy(
    tx,
    auditNote(actor, 'org.closed', {
      target: actor.orgId,
      ...(before ? { before: { name: before.name } } : {}),
    }),
  );
  const subjects = [
    ...keys.map(({ id }) => fromUuid('key', id)),
    ...tokens.map(({ id }) => fromUuid('agentToken', id)),
    ...people.map(({ id }) => fromUuid('user', id)),
  ];
  return { outcome: 'closed', subjects };
}
