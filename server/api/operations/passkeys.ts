import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import {
  newCredentialSchema,
  passkeyNameSchema,
  usedCredentialSchema,
} from '#server/identity/passkey-fields.ts';
import { addPasskey } from '#server/services/passkey/add.ts';
import { listPasskeys } from '#server/services/passkey/list.ts';
import { preparePasskey } from '#server/services/passkey/prepare.ts';
import { removePasskey } from '#server/services/passkey/remove.ts';
import { renamePasskey } from '#server/services/passkey/rename.ts';
import { challengePasskey, signInByPasskey } from '#server/services/session/sign-in-by-passkey.ts';
import { meSchema } from '../wire/account.ts';
import {
  creationOptionsSchema,
  passkeySchema,
  presentCreation,
  presentPasskey,
  presentRequest,
  requestOptionsSchema,
} from '../wire/passkeys.ts';
import { nextCursor } from '../wire/values.ts';
import { greet } from './account.ts';
import { EXAMPLE } from './examples.ts';
import { idempotencyKey, limitField, pageInput, presentPassword } from './fields.ts';
import { operation, reply } from './operation.ts';

const id = idSchema('passkey');

export const passkeys = {
  challenge: operation({
    method: 'POST',
    path: '/api/v1/auth/passkey/challenge',
    summary: 'Begin to sign in by a passkey',
    description: 'For `navigator.credentials.get`. It counts once, within five minutes.',
    by: 'anybody',
    input: z.strictObject({}),
    output: z.object({ public_key: requestOptionsSchema }),
    example: {},
    handle: async ({ services, browser: { origin } }) => ({
      public_key: presentRequest(await challengePasskey(services, { origin })),
    }),
  }),

  signIn: operation({
    method: 'POST',
    path: '/api/v1/auth/passkey',
    summary: 'Sign in by a passkey',
    description:
      'With what the browser answered, as `toJSON` writes it. Answers with a cookie. Says the same whatever was wrong.',
    by: 'anybody',
    input: z.strictObject({ credential: usedCredentialSchema }),
    output: meSchema,
    errors: ['UNAUTHENTICATED', 'LIMITED'],
    example: { credential: EXAMPLE.usedCredential },
    async handle(call, { credential }) {
      const { origin } = call.browser;
      return greet(call, await signInByPasskey(call.services, call.actor, { origin, credential }));
    },
  }),

  list: operation({
    method: 'GET',
    path: '/api/v1/me/passkeys',
    summary: 'List your passkeys',
    by: 'person',
    input: z.strictObject({ ...pageInput, limit: limitField(200, 200) }),
    output: z.object({ passkeys: z.array(passkeySchema), next_cursor: nextCursor }),
    example: { limit: 20 },
    async handle({ services, actor }, input) {
      const page = await listPasskeys(services, actor, input);
      return { passkeys: page.items.map(presentPasskey), next_cursor: page.nextCursor };
    },
  }),

  prepare: operation({
    method: 'POST',
    path: '/api/v1/me/passkeys/challenge',
    summary: 'Begin to add a passkey',
    description: 'For `navigator.credentials.create`. It counts once, within five minutes, for this session.',
    by: 'person',
    input: z.strictObject({ current_password: presentPassword }),
    output: z.object({ public_key: creationOptionsSchema }),
    errors: ['LIMITED'],
    example: { current_password: EXAMPLE.password },
    async handle({ services, actor, browser: { origin } }, { current_password: given }) {
      const proof = given === undefined ? {} : { currentPassword: given };
      return { public_key: presentCreation(await preparePasskey(services, actor, { origin, ...proof })) };
    },
  }),

  add: operation({
    method: 'POST',
    path: '/api/v1/me/passkeys',
    summary: 'Add a passkey',
    description: 'With what the browser answered, as `toJSON` writes it.',
    by: 'person',
    input: z.strictObject({
      name: passkeyNameSchema,
      credential: newCredentialSchema,
      idempotency_key: idempotencyKey,
    }),
    output: passkeySchema,
    status: 201,
    errors: ['CONFLICT'],
    example: { name: 'The laptop', credential: EXAMPLE.newCredential },
    async handle({ services, actor, browser: { origin } }, { idempotency_key, ...input }) {
      const wish = { ...input, origin, idempotencyKey: idempotency_key };
      const { isNew, ...added } = await addPasskey(services, actor, wish);
      return reply(presentPasskey(added), isNew ? {} : { status: 200 });
    },
  }),

  rename: operation({
    method: 'PATCH',
    path: '/api/v1/me/passkeys/{id}',
    summary: 'Rename a passkey',
    by: 'person',
    input: z.strictObject({ id, name: passkeyNameSchema }),
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.passkey, name: 'The old laptop' },
    handle: ({ services, actor }, input) => renamePasskey(services, actor, input).then(() => undefined),
  }),

  remove: operation({
    // Not a DELETE, whose fields travel in the address: logs of proxies are no place for a password.
    method: 'POST',
    path: '/api/v1/me/passkeys/{id}/remove',
    summary: 'Remove a passkey',
    description:
      'Refused for your last way to sign in. The other browsers that it has signed in are signed out.',
    by: 'person',
    input: z.strictObject({ id, current_password: presentPassword }),
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND', 'CONFLICT', 'LIMITED'],
    example: { id: EXAMPLE.passkey, current_password: EXAMPLE.password },
    handle: ({ services, actor }, { current_password: given, ...input }) =>
      removePasskey(services, actor, {
        ...input,
        ...(given === undefined ? {} : { currentPassword: given }),
      }).then(() => undefined),
  }),
};
