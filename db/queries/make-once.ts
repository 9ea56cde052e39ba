import { and, eq } from 'drizzle-orm';
import { SignalboxError } from '#server/domain/errors.ts';
import type { Sql } from '../client.ts';
import { idempotencyKeys } from '../schema/index.ts';
import type { TenantTransaction } from '../tenant.ts';

/** A request that its caller may send again: the same key and the same request mean the same thing made. */
export interface Once {
  orgUuid: string;
  key: string;
  requestHash: string;
}

export interface Made<Id extends string> {
  id: Id;
  /** False: the key had made it before. */
  isNew: boolean;
}

/** The keys as one kind of transaction reaches them. */
export interface Keys {
  /** False: it is taken. Somebody with the same key at the same moment waits here until the other has committed. */
  take(once: Once): Promise<boolean>;
  read(once: Once): Promise<{ requestHash: string; subject: string | null } | undefined>;
  keep(once: Once, subject: string): Promise<void>;
}

const isKey = ({ orgUuid, key }: Once) =>
  and(eq(idempotencyKeys.orgId, orgUuid), eq(idempotencyKeys.key, key));

export const keysIn = (tx: TenantTransaction): Keys => ({
  async take(once) {
    const { orgUuid: orgId, key, requestHash } = once;
    const taken = await tx
      .insert(idempotencyKeys)
      .values({ orgId, key, requestHash })
      .onConflictDoNothing()
      .returning({ key: idempotencyKeys.key });
    return taken.length > 0;
  },
  async read(once) {
    const { requestHash, subject } = idempotencyKeys;
    const [row] = await tx.select({ requestHash, subject }).from(idempotencyKeys).where(isKey(once));
    return row;
  },
  async keep(once, subject) {
    await tx.update(idempotencyKeys).set({ subject }).where(isKey(once));
  },
});

/** In a transaction of the owner's, for what lies outside every tenant: people and organisations. */
export const keysBy = (tx: Sql): Keys => ({
  async take({ orgUuid, key, requestHash }) {
    const taken = await tx`INSERT INTO idempotency_keys (org_id, key, request_hash)
      VALUES (${orgUuid}::text::uuid, ${key}, ${requestHash}) ON CONFLICT DO NOTHING RETURNING key`;
    return taken.length > 0;
  },
  async read({ orgUuid, key }) {
    const [row] = await tx<{ requestHash: string; subject: string | null }[]>`
      SELECT request_hash AS "requestHash", subject FROM idempotency_keys
      WHERE org_id = ${orgUuid}::text::uuid AND key = ${key}`;
    return row;
  },
  async keep({ orgUuid, key }, subject) {
    await tx`UPDATE idempotency_keys SET subject = ${subject}
      WHERE org_id = ${orgUuid}::text::uuid AND key = ${key}`;
  },
});

/**
 * Makes something once for a key, in the transaction that makes it: the same key and request again is answered with
 * what the first one made, another request with a conflict. Without a key it is simply made.
 */
export async function makeOnceBy<Id extends string>(
  keys: Keys,
  once: Once | null,
  make: () => Promise<Made<Id>>,
): Promise<Made<Id>> {
  if (once === null) return make();
  if (await keys.take(once)) {
    const made = await make();
    await keys.keep(once, made.id);
    return made;
  }
  const before = await madeBefore<Id>(keys, once);
  if (before === null) throw keyInUse(null);
  return { id: before, isNew: false };
}

/** What the same request has made with its key; null: nothing yet. */
export async function madeBefore<Id extends string>(keys: Keys, once: Once): Promise<Id | null> {
  const row = await keys.read(once);
  if (!row) return null;
  if (row.requestHash === once.requestHash && row.subject !== null) return row.subject as Id;
  throw keyInUse(row.subject);
}

export function keyInUse(subject: string | null): SignalboxError {
  return new SignalboxError(
    'CONFLICT',
    `The idempotency key was used for another request${subject === null ? '' : `, which made ${subject}`}.`,
    { advice: 'Use a new key for a new request.', details: { made: subject } },
  );
}

/** The answer to the first request held a secret, which was kept nowhere: it cannot be given again. */
export function shownBefore(id: string, advice: string): SignalboxError {
  return new SignalboxError(
    'CONFLICT',
    `This request has made ${id} already. Its secret was shown then, and is kept nowhere.`,
    { advice, details: { made: id } },
  );
}
