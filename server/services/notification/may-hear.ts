import { fromUuid } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { type Actor, may } from '#server/identity/actor.ts';
import { fromSnapshot, toSnapshot } from '#server/identity/actor-snapshot.ts';
import type { Services } from '../context.ts';

/** An address that a run is started with, together with who asked: they hear what they may see when it is told. */
export function withAsker(actor: Actor, wish: { webhook?: string; email?: string } | undefined): JsonObject {
  if (!wish?.webhook && !wish?.email) return {};
  return { ...wish, asked_by: toSnapshot(actor) };
}

export interface Told {
  runId: string | null;
  askedBy: JsonObject | null;
}

/**
 * Whether whoever asked to be told of a run may see it now, with what its errors say. Scopes do not count: a key that only starts runs is told of them. That
 * somebody was not told is written to the audit of their organisation.
 */
export async function mayHear(
  { identity, record }: Pick<Services, 'identity' | 'record'>,
  { runId, askedBy }: Told,
): Promise<boolean> {
  if (askedBy === null) return true;
  const actor = { ...(await identity.presently(fromSnapshot(askedBy))), scopes: null };
  if (may(actor, 'run.read') && may(actor, 'run.payload')) return true;
  await record(actor, 'notification.withheld', {
    target: runId && fromUuid('run', runId),
    reason: 'Whoever asked to be told may not see the run any more.',
  });
  return false;
}
