import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import {
  emailSchema,
  givenPasswordSchema,
  newPasswordSchema,
  personNameSchema,
} from '#server/identity/account-fields.ts';
import { getMe } from '#server/services/account/get.ts';
import { listIdentities, listProviders, unlinkIdentity } from '#server/services/account/identities.ts';
import { updateAccount } from '#server/services/account/update.ts';
import { join, joinSchema } from '#server/services/session/join.ts';
import { listSessions } from '#server/services/session/list.ts';
import type { SignedIn } from '#server/services/session/open-session.ts';
import { revokeSession } from '#server/services/session/revoke.ts';
import { signIn, signInSchema } from '#server/services/session/sign-in.ts';
import { signOut } from '#server/services/session/sign-out.ts';
import {
  accountSchema,
  identitySchema,
  meSchema,
  presentAccount,
  presentIdentity,
  presentMe,
  presentSession,
  sessionSchema,
} from '../wire/account.ts';
import { nextCursor } from '../wire/values.ts';
import { EXAMPLE } from './examples.ts';
import { limitField, pageInput, presentPassword } from './fields.ts';
import { type OperationCall, operation } from './operation.ts';

/** The browser keeps the session; the answer says who was signed in. */
export async function greet({ services, browser }: OperationCall, { session, actor }: SignedIn) {
  browser.keep(session.token, session.maxAgeSeconds);
  return presentMe(await getMe(services, actor));
}

export const auth = {
  providers: operation({
    method: 'GET',
    path: '/api/v1/auth/providers',
    summary: 'List with whom people may sign in',
    by: 'anybody',
    input: z.strictObject({}),
    output: z.object({ providers: z.array(z.object({ id: z.string(), name: z.string() })) }),
    example: {},
    handle: ({ services }) => ({ providers: listProviders(services) }),
  }),

  signIn: operation({
    method: 'POST',
    path: '/api/v1/auth/sign-in',
    summary: 'Sign in by password',
    description: 'Answers with a cookie. Says the same whatever was wrong.',
    by: 'anybody',
    input: signInSchema,
    output: meSchema,
    errors: ['UNAUTHENTICATED', 'LIMITED'],
    example: { email: EXAMPLE.email, password: EXAMPLE.password },
    handle: async (call, input) => greet(call, await signIn(call.services, call.actor, input)),
  }),

  join: operation({
    method: 'POST',
    path: '/api/v1/auth/join',
    summary: 'Accept an invitation',
    description: 'With a new account, or with the e-mail and password of the one that you have here.',
    by: 'anybody',
    input: joinSchema,
    output: meSchema,
    errors: ['UNAUTHENTICATED', 'CONFLICT', 'LIMITED'],
    example: {
      token: EXAMPLE.invitation,
      name: 'Grace Hopper',
      email: EXAMPLE.newEmail,
      password: EXAMPLE.password,
    },
    handle: async (call, input) => greet(call, await join(call.services, call.actor, input)),
  }),

  signOut: operation({
    method: 'POST',
    path: '/api/v1/auth/sign-out',
    summary: 'Sign out',
    by: 'person',
    input: z.strictObject({}),
    output: z.undefined(),
    status: 204,
    example: {},
    async handle({ services, actor, browser }) {
      await signOut(services, actor);
      browser.forget();
      return undefined;
    },
  }),
};

export const me = {
  get: operation({
    method: 'GET',
    path: '/api/v1/me',
    summary: 'Who the server takes you for, and what you may do',
    input: z.strictObject({}),
    output: meSchema,
    example: {},
    handle: async ({ services, actor }) => presentMe(await getMe(services, actor)),
  }),

  update: operation({
    method: 'PATCH',
    path: '/api/v1/me',
    summary: 'Change your name, e-mail or password',
    description: 'A new password signs all other browsers out.',
    by: 'person',
    input: z.strictObject({
      name: personNameSchema.optional(),
      email: emailSchema.optional(),
      password: newPasswordSchema.optional(),
      current_password: givenPasswordSchema
        .optional()
        .describe('Asked for when e-mail or password change and there is one.'),
    }),
    output: accountSchema,
    errors: ['CONFLICT', 'LIMITED'],
    example: { name: 'Ada Lovelace' },
    async handle({ services, actor }, { current_password, ...change }) {
      const given = current_password === undefined ? {} : { currentPassword: current_password };
      return presentAccount(await updateAccount(services, actor, { ...change, ...given }));
    },
  }),

  sessions: operation({
    method: 'GET',
    path: '/api/v1/me/sessions',
    summary: 'List where you are signed in',
    by: 'person',
    input: z.strictObject({ ...pageInput, limit: limitField(200, 200) }),
    output: z.object({ sessions: z.array(sessionSchema), next_cursor: nextCursor }),
    example: { limit: 20 },
    async handle({ services, actor }, input) {
      const page = await listSessions(services, actor, input);
      return { sessions: page.items.map(presentSession), next_cursor: page.nextCursor };
    },
  }),

  identities: operation({
    method: 'GET',
    path: '/api/v1/me/identities',
    summary: 'List the accounts elsewhere that sign you in',
    by: 'person',
    input: z.strictObject({ ...pageInput, limit: limitField(200, 200) }),
    output: z.object({ identities: z.array(identitySchema), next_cursor: nextCursor }),
    example: { limit: 20 },
    async handle({ services, actor }, input) {
      const page = await listIdentities(services, actor, input);
      return { identities: page.items.map(presentIdentity), next_cursor: page.nextCursor };
    },
  }),

  unlink: operation({
    // Not a DELETE, whose fields travel in the address: logs of proxies are no place for a password.
    method: 'POST',
    path: '/api/v1/me/identities/unlink',
    summary: 'Unlink an account elsewhere',
    description: 'Refused for your last way to sign in.',
    by: 'person',
    input: z.strictObject({ issuer: z.string().min(1).max(2048), current_password: presentPassword }),
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND', 'CONFLICT', 'LIMITED'],
    example: { issuer: EXAMPLE.issuer, current_password: EXAMPLE.password },
    handle: ({ services, actor }, { current_password: given, ...input }) =>
      unlinkIdentity(services, actor, {
        ...input,
        ...(given === undefined ? {} : { currentPassword: given }),
      }).then(() => undefined),
  }),

  endSession: operation({
    method: 'DELETE',
    path: '/api/v1/me/sessions/{id}',
    summary: 'Sign another browser of yours out',
    by: 'person',
    input: z.strictObject({ id: idSchema('session') }),
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.session },
    handle: ({ services, actor }, input) => revokeSession(services, actor, input).then(() => undefined),
  }),
};
