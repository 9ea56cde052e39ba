import { SignalboxError } from '#server/domain/errors.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { personOf } from './person-of.ts';

/**
 * How long a sign-in stands for a password: for one that was forgotten, where somebody came by the link from the
 * start's output, and for one that was never set, whatever they came by.
 */
const SIGN_IN_COUNTS_MS = 15 * 60_000;

/** A session that was left open shall not be enough to take an account over. */
export function prove(services: Services, actor: Actor, given: string | undefined): Promise<void> {
  // The owner by the link has nothing yet to prove who they are by.
  return check(services, actor, { given, isLinkEnough: true });
}

/**
 * The same for what reaches beyond the account, such as a program that is started on the server's machine: the owner
 * by the link comes by it again. Whoever holds the secret of the installation is on that machine already.
 */
export async function proveForServer(
  services: Services,
  actor: Actor,
  given: string | undefined,
): Promise<void> {
  if (actor.kind !== 'local') await check(services, actor, { given, isLinkEnough: false });
}

async function check(
  services: Services,
  actor: Actor,
  { given, isLinkEnough }: { given: string | undefined; isLinkEnough: boolean },
): Promise<void> {
  const { userId } = personOf(actor);
  const { people, passwords } = services.identity;
  const proof = await people.proofOf(userId);
  if (!proof) return;
  if (proof.passwordHash === null) {
    if (isLinkEnough && !proof.hasOtherWay) return;
    if (await isFresh(services, actor, () => true)) return;
    await refuse(services, actor);
    throw new SignalboxError('FORBIDDEN', 'You signed in too long ago for this.', {
      advice: 'Sign out and in again, and do it within a quarter of an hour.',
    });
  }
  if (given !== undefined) await services.rates.attempt(actor, userId);
  if (given !== undefined && (await passwords.verify(given, proof.passwordHash))) return;
  if (given === undefined && (await isFresh(services, actor, (how) => how === 'link'))) return;
  await refuse(services, actor);
  throw new SignalboxError('FORBIDDEN', 'The current password is missing or wrong.', {
    advice:
      'Send the current password along. Forgotten? Sign in by the link that the server prints at its start.',
  });
}

async function isFresh(
  { identity, now }: Services,
  actor: Actor,
  counts: (how: string) => boolean,
): Promise<boolean> {
  const { userId, sessionId } = personOf(actor);
  const session = (await identity.sessions.list(userId)).find(({ id }) => id === sessionId);
  return (
    session !== undefined && counts(session.how) && session.createdAt.getTime() > now() - SIGN_IN_COUNTS_MS
  );
}

const refuse = ({ refusals }: Services, actor: Actor) =>
  refusals.note(actor, { action: 'account.refused', target: actor.userId });
