import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { idempotencyKeys } from '#db/schema/index.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { toUuid } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import { hashRequest } from './hash-request.ts';

export const idempotencyKeySchema = z.string().min(1).max(255);

export interface Made<Id extends string> {
  id: Id;
  isNew: boolean;
}

/**
 * Makes something once for a key, in the transaction that makes it: the same key and request again is answered with
 * what the first one made, another request with a conflict. Runs have the same of their own, since the engine makes
 * them; the keys are in one table, so a key that began a run makes no pipeline.
 */
export async function makeOnce<Id extends string>(
  tx: TenantTransaction,
  actor: Actor,
  { key, request, make }: { key: string | undefined; request: unknown; make(): Promise<Made<Id>> },
): Promise<Made<Id>> {
  if (key === undefined) return make();
  const orgId = toUuid(actor.orgId);
  const requestHash = hashRequest(request);
  // Somebody with the same key at the same moment: one of the two waits here until the other has committed.
  const taken = await tx
    .insert(idempotencyKeys)
    .values({ orgId, key, requestHash })
    .onConflictDoNothing()
    .returning({ key: idempotencyKeys.key });
  const isKey = and(eq(idempotencyKeys.orgId, orgId), eq(idempotencyKeys.key, key));
  if (taken.length > 0) {
    const made = await make();
    await tx.update(idempotencyKeys).set({ subject: made.id }).where(isKey);
    return made;
  }
  const [row] = await tx.select().from(idempotencyKeys).where(isKey);
  if (row?.requestHash === requestHash && row.subject !== null)
    return { id: row.subject as Id, isNew: false };
  throw keyInUse(row?.subject ?? null);
}

export function keyInUse(subject: string | null): SignalboxError {
  return new SignalboxError(
    'CONFLICT',
    `The idempotency key was used for another request${subject === null ? '' : `, which made ${subject}`}.`,
    { advice: 'Use a new key for a new request.', details: { made: subject } },
  );
}
