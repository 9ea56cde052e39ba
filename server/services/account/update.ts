import { z } from 'zod';
import { SignalboxError } from '#server/domain/errors.ts';
import {
  emailSchema,
  givenPasswordSchema,
  newPasswordSchema,
  personNameSchema,
} from '#server/identity/account-fields.ts';
import type { Actor } from '#server/identity/actor.ts';
import { auditNote } from '#server/identity/audit/note.ts';
import type { Account } from '#server/identity/people.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { personOf } from './person-of.ts';

const updateSchema = z.strictObject({
  name: personNameSchema.optional(),
  email: emailSchema.optional(),
  password: newPasswordSchema.optional(),
  /** Asked for when address or password change and there is one. */
  currentPassword: givenPasswordSchema.optional(),
});

/** How long the link from the start's output stands for a password that was forgotten. */
const LINK_COUNTS_MS = 15 * 60_000;

/** One's own name, address and password. A new password signs all other browsers out. */
export async function updateAccount(
  services: Services,
  actor: Actor,
  input: z.input<typeof updateSchema>,
): Promise<Account> {
  const { userId, sessionId } = personOf(actor);
  const { currentPassword, password, ...change } = parseInput(updateSchema, input);
  const { people, passwords, access } = services.identity;
  if (password !== undefined || change.email !== undefined) await prove(services, actor, currentPassword);
  const passwordHash = password === undefined ? undefined : await passwords.hash(password);
  const changed = [...Object.keys(change), ...(password === undefined ? [] : ['password'])];
  const note = auditNote(actor, 'account.changed', { target: userId, after: { changed } });
  const ended = await people.update(userId, { ...change, passwordHash }, { keep: sessionId, note });
  for (const id of [...ended, userId]) await access.changed(id);
  const account = await people.account(userId);
  if (!account) throw new Error(`the account ${userId} went away while it was changed`);
  return account;
}

/** A session that was left open shall not be enough to take an account over. */
async function prove(services: Services, actor: Actor, given: string | undefined): Promise<void> {
  const { userId, sessionId } = personOf(actor);
  const { people, passwords, sessions } = services.identity;
  const proof = await people.proofOf(userId);
  if (!proof || proof.passwordHash === null) return;
  if (given !== undefined) await services.rates.attempt(actor, userId);
  if (given !== undefined && (await passwords.verify(given, proof.passwordHash))) return;
  const session = (await sessions.list(userId)).find(({ id }) => id === sessionId);
  const isByLink = session?.how === 'link' && session.createdAt.getTime() > services.now() - LINK_COUNTS_MS;
  if (given === undefined && isByLink) return;
  await services.refusals.note(actor, { action: 'account.refused', target: userId });
  throw new SignalboxError('FORBIDDEN', 'The current password is missing or wrong.', {
    advice:
      'Send the current password along. Forgotten? Sign in by the link that the server prints at its start.',
  });
}
