import { z } from 'zod';
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
import { prove } from './prove.ts';

const updateSchema = z.strictObject({
  name: personNameSchema.optional(),
  email: emailSchema.optional(),
  password: newPasswordSchema.optional(),
  /** Asked for when address or password change and there is one. */
  currentPassword: givenPasswordSchema.optional(),
});

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
  const noteOf = (was: { name: string; email: string | null }) => {
    const before = Object.fromEntries(
      Object.entries(was).filter(([field]) => change[field as keyof typeof was] !== undefined),
    );
    return auditNote(actor, 'account.changed', { target: userId, before, after: { changed, ...change } });
  };
  const ended = await people.update(userId, { ...change, passwordHash }, { keep: sessionId, noteOf });
  for (const id of [...ended, userId]) await access.changed(id);
  const account = await people.account(userId);
  if (!account) throw new Error(`the account ${userId} went away while it was changed`);
  return account;
}
