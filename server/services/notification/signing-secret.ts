import { randomBytes } from 'node:crypto';
import { and, eq, like, ne, sql } from 'drizzle-orm';
import { z } from 'zod';
import { notificationSigning, notificationTargets, secrets } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { invalid, notFound, SignalboxError } from '#server/domain/errors.ts';
import { idSchema, type OrgId, toUuid } from '#server/domain/ids.ts';
import { DEFAULT_SIGNING, MAX_SIGNING_SECRETS, signingSecretName } from '#server/domain/notifications.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

/** So long the secrets before it sign too, after a rotation. */
const OVERLAP_HOURS = 24;
const SECRET_BYTES = 32;

const rotateSchema = z.strictObject({ id: idSchema('notificationTarget').optional() });

export interface Signing {
  orgId: OrgId;
  /** A target's bare id, or `default`. */
  scope: string;
}

/** A secret, shown once. */
export interface NewSecret {
  secret: string;
  /** Until then those before it sign too; null: there were none. */
  previousUntil: Date | null;
}

/** The next secret of a scope. Its row is locked until the transaction ends, so two rotations follow each other. */
export async function renewSecret(
  tx: TenantTransaction,
  services: Services,
  { orgId, scope }: Signing,
): Promise<NewSecret> {
  const org = toUuid(orgId);
  await keepThoseInUse(tx, { orgId, scope });
  const [row] = await tx
    .insert(notificationSigning)
    .values({ orgId: org, scope, number: 1 })
    .onConflictDoUpdate({
      target: [notificationSigning.orgId, notificationSigning.scope],
      set: {
        number: sql`${notificationSigning.number} + 1`,
        previousUntil: sql`now() + ${OVERLAP_HOURS}::int * interval '1 hour'`,
      },
    })
    .returning();
  if (!row) throw new Error('the signing secret wrote no row');
  const secret = await storeSecret(tx, services, { orgId, scope, number: row.number });
  return { secret, previousUntil: row.previousUntil };
}

/**
 * Within the time of the last rotation all that sign go on: nobody can tell which of them a receiver has been given yet. After it
 * only the newest signs, and what is older is deleted.
 */
async function keepThoseInUse(tx: TenantTransaction, { orgId, scope }: Signing): Promise<void> {
  const [row] = await tx
    .select({
      ...{ number: notificationSigning.number, until: notificationSigning.previousUntil },
      signMore: sql<boolean>`coalesce(${notificationSigning.previousUntil} > now(), false)`,
    })
    .from(notificationSigning)
    .where(and(eq(notificationSigning.orgId, toUuid(orgId)), eq(notificationSigning.scope, scope)))
    .for('update');
  if (!row) return;
  const ofScope = allOf({ orgId, scope });
  if (!row.signMore) {
    await tx.delete(secrets).where(and(ofScope, ne(secrets.name, signingSecretName(scope, row.number))));
  } else if ((await tx.$count(secrets, ofScope)) >= MAX_SIGNING_SECRETS) {
    throw new SignalboxError(
      'CONFLICT',
      `${MAX_SIGNING_SECRETS} secrets sign here already, until ${row.until?.toISOString()}.`,
      { advice: 'Give the receiver the newest one, or wait until the others have ended.' },
    );
  }
}

const allOf = ({ orgId, scope }: Signing) =>
  and(eq(secrets.orgId, toUuid(orgId)), like(secrets.name, `${signingSecretName(scope, 0).slice(0, -1)}%`));

/** Runs that name a webhook of their own need one; whoever wants to verify has it rotated, and is shown the new one. */
export async function ensureDefaultSecret(
  tx: TenantTransaction,
  services: Services,
  orgId: OrgId,
): Promise<void> {
  const scope = DEFAULT_SIGNING;
  const [made] = await tx
    .insert(notificationSigning)
    .values({ orgId: toUuid(orgId), scope, number: 1 })
    .onConflictDoNothing()
    .returning();
  if (made) await storeSecret(tx, services, { orgId, scope, number: 1 });
}

async function storeSecret(
  tx: TenantTransaction,
  services: Services,
  { orgId, scope, number }: Signing & { number: number },
): Promise<string> {
  const secret = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
  const place = { orgUuid: toUuid(orgId), name: signingSecretName(scope, number), version: 1 };
  const sealed = services.secrets.seal(secret, place);
  await tx.insert(secrets).values({ orgId: place.orgUuid, name: place.name, version: 1, ...sealed });
  return secret;
}

export async function forgetSecrets(tx: TenantTransaction, { orgId, scope }: Signing): Promise<void> {
  const org = toUuid(orgId);
  await tx
    .delete(notificationSigning)
    .where(and(eq(notificationSigning.orgId, org), eq(notificationSigning.scope, scope)));
  await tx.delete(secrets).where(allOf({ orgId, scope }));
}

/** Of a target, or without one that of webhooks which runs name themselves. */
export async function rotateSecret(
  services: Services,
  actor: Actor,
  input: z.input<typeof rotateSchema>,
): Promise<NewSecret> {
  authorise(actor, 'notification.manage');
  const { id } = parseInput(rotateSchema, input);
  const scope = id === undefined ? DEFAULT_SIGNING : toUuid(id);
  return inTenant(services.db, actor.orgId, async (tx) => {
    if (id !== undefined) {
      const [target] = await tx.select().from(notificationTargets).where(eq(notificationTargets.id, scope));
      if (!target) throw notFound('notification target', id);
      if (target.kind !== 'webhook')
        throw invalid('Only webhooks are signed; this target is a mail address.');
    }
    const renewed = await renewSecret(tx, services, { orgId: actor.orgId, scope });
    await noteIn(tx, auditNote(actor, 'notification.secret-rotated', { target: id ?? DEFAULT_SIGNING }));
    return renewed;
  });
}
