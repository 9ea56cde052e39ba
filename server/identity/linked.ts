import type { Sql } from '#db/client.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { fromUuid, type OrgId, toUuid, type UserId } from '#server/domain/ids.ts';
import { type Actor, NOBODY, type Origin } from './actor.ts';
import { type AuditNote, auditNote, noteBy } from './audit/note.ts';
import { insertUser } from './people.ts';
import type { Role } from './permissions.ts';
import type { Introduced } from './provider-schema.ts';
import { takeWayIn } from './ways-in.ts';

export interface LinkedIdentity {
  issuer: string;
  subject: string;
  linkedAt: Date;
}

/** Who is who at other places: by issuer and subject, and never by an e-mail address. */
export interface Linked {
  find(who: Introduced): Promise<UserId | undefined>;
  list(userId: UserId): Promise<LinkedIdentity[]>;
  /** Refused with CONFLICT when somebody else is known by it. Again changes nothing. */
  add(userId: UserId, who: Introduced, note: AuditNote): Promise<void>;
  /** Refused with CONFLICT for the last way in. */
  remove(userId: UserId, issuer: string, note: AuditNote): Promise<boolean>;
  /** Somebody new whom the provider's configuration lets in. Undefined: the organisation is closed. */
  welcome(who: Introduced, to: { orgId: OrgId; role: Role; from: Origin }): Promise<UserId | undefined>;
}

export function createLinked(sql: Sql, newUuid: () => string): Linked {
  return {
    async find({ issuer, subject }) {
      const [row] = await sql<{ user_id: string }[]>`
        SELECT user_id FROM linked_identities WHERE issuer = ${issuer} AND subject = ${subject}`;
      return row && fromUuid('user', row.user_id);
    },
    async list(userId) {
      const rows = await sql<{ issuer: string; subject: string; linked_at: Date }[]>`
        SELECT issuer, subject, linked_at FROM linked_identities WHERE user_id = ${toUuid(userId)}::text::uuid
        ORDER BY linked_at, issuer LIMIT 100`;
      return rows.map(({ issuer, subject, linked_at }) => ({ issuer, subject, linkedAt: linked_at }));
    },
    async add(userId, { issuer, subject }, note) {
      await sql.begin(async (transaction) => {
        const tx = transaction as unknown as Sql;
        const [row] = await tx<{ user_id: string }[]>`
          INSERT INTO linked_identities AS l (issuer, subject, user_id)
          VALUES (${issuer}, ${subject}, ${toUuid(userId)}::text::uuid)
          ON CONFLICT (issuer, subject) DO UPDATE SET user_id = l.user_id RETURNING user_id`;
        if (row && fromUuid('user', row.user_id) === userId) return noteBy(tx, note);
        throw new SignalboxError('CONFLICT', 'Somebody else here is known by that account.', {
          advice: 'Sign in with it, or unlink it there first.',
        });
      });
    },
    async remove(userId, issuer, note) {
      const removed = await takeWayIn(sql, userId, {
        async take(tx) {
          const rows = await tx`DELETE FROM linked_identities WHERE user_id = ${toUuid(userId)}::text::uuid
            AND issuer = ${issuer} RETURNING issuer`;
          return rows.length > 0 ? issuer : undefined;
        },
        noteOf: () => note,
      });
      return removed !== undefined;
    },
    welcome: ({ issuer, subject, name }, { orgId, role, from }) =>
      sql.begin(async (transaction) => {
        const tx = transaction as unknown as Sql;
        const open =
          await tx`SELECT FROM orgs WHERE id = ${toUuid(orgId)}::text::uuid AND closed_at IS NULL FOR SHARE`;
        if (open.length === 0) return undefined;
        const userId = await insertUser(tx, { uuid: newUuid(), name });
        await tx`INSERT INTO linked_identities (issuer, subject, user_id)
          VALUES (${issuer}, ${subject}, ${toUuid(userId)}::text::uuid)`;
        await tx`INSERT INTO memberships (org_id, user_id, role)
          VALUES (${toUuid(orgId)}::text::uuid, ${toUuid(userId)}::text::uuid, ${role})`;
        const actor: Actor = { ...NOBODY, kind: 'person', id: userId, userId, orgId, name, role, from };
        await noteBy(tx, auditNote(actor, 'member.joined', { target: userId }));
        return userId;
      }) as Promise<UserId | undefined>,
  };
}
