import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { keysIn, type Made, makeOnceBy, type Once, shownBefore } from '#db/queries/make-once.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import { toUuid } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import type { Actor } from '#server/identity/actor.ts';
import { hashRequest } from './hash-request.ts';

export const idempotencyKeySchema = z.string().min(1).max(255);

/** What Signalbox repeats by itself has keys that begin so, and no door takes one that does. */
const OURS = 'signalbox:';
export const ownKey = (what: string): string => `${OURS}${what}`;
export const isOwnKey = (key: string): boolean => key.startsWith(OURS);

interface Request {
  key: string | undefined;
  /** Under the name of what it makes: a key that began one thing makes no other. */
  request: unknown;
}

/** Null: it came without a key. */
export function onceOf(actor: Actor, { key, request }: Request): Once | null {
  return key === undefined ? null : { orgUuid: toUuid(actor.orgId), key, requestHash: hashRequest(request) };
}

/**
 * Makes something once for a key, in the transaction that makes it. Runs have the same of their own, since the engine
 * makes them; the keys are in one table, so a key that began a run makes no pipeline.
 */
export function makeOnce<Id extends string>(
  tx: TenantTransaction,
  actor: Actor,
  { make, ...asked }: Request & { make(): Promise<Made<Id>> },
): Promise<Made<Id>> {
  return makeOnceBy(keysIn(tx), onceOf(actor, asked), make);
}

/** The same for what is answered with a secret, which is never kept: a repetition is told what there is, and refused. */
export async function makeShownOnce<Result extends { id: string }>(
  tx: TenantTransaction,
  actor: Actor,
  { make, advice, ...asked }: Request & { make(): Promise<Result>; advice: string },
): Promise<Result> {
  let result: Result | undefined;
  const { id } = await makeOnce(tx, actor, {
    ...asked,
    async make() {
      result = await make();
      return { id: result.id, isNew: true };
    },
  });
  if (result === undefined) throw shownBefore(id, advice);
  return result;
}

const derive = promisify<string, string, number, Buffer>(scrypt);

/**
 * Stands for credentials in a request that is hashed: a plain hash of a short password would tell it to whoever tries
 * some millions. This one costs as much for each guess as a password that people sign in with.
 */
export async function hideCredentials(
  actor: Actor,
  { key, credentials }: { key: string | undefined; credentials: Json },
): Promise<string | null> {
  if (key === undefined) return null;
  const hidden = await derive(hashRequest(credentials), `${actor.orgId} ${key}`, 32);
  return hidden.toString('base64url');
}
