import { randomBytes } from 'node:crypto';
import { and, eq, like, sql } from 'drizzle-orm';
import { z } from 'zod';
import { notificationSigning, notificationTargets, secrets } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { invalid, notFound } from '#server/domain/errors.ts';
import { idSchema, type OrgId, toUuid } from '#server/domain/ids.ts';
import { DEFAULT_SIGNING, signingSecretName } from '#server/domain/notifications.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

/** So long the secret before it signs too, after a rotation. */
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
  /** Until then the one before it signs too; null: there was none. */
  previousUntil: Date | null;
}

/** The next secret of a scope. Its row is locked until the transaction ends, so two rotations follow each other. */
export async function renewSecret(
  tx: TenantTransaction,
  services: Services,
  { orgId, scope }: Signing,
): Promise<NewSecret> {
  const org = toUuid(orgId);
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
  // The one before stays for its time; what came earlier signs nothing any more.
  await tx
    .delete(secrets)
    .where(and(eq(secrets.orgId, org), eq(secrets.name, signingSecretName(scope, row.number - 2))));
  return { secret, previousUntil: row.previousUntil };
}

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
  await tx
    .delete(secrets)
    .where(and(eq(secrets.orgId, org), like(secrets.name, `${signingSecretName(scope, 0).slice(0, -1)}%`)));
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
