import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import {
  AGENT_TOKEN_SORTS,
  createAgentToken,
  listAgentTokens,
  revokeAgentToken,
} from '#server/services/agent-token/agent-tokens.ts';
import { createKey } from '#server/services/key/create.ts';
import { KEY_SORTS, listKeys } from '#server/services/key/list.ts';
import { revokeKey } from '#server/services/key/revoke.ts';
import { rotateKey } from '#server/services/key/rotate.ts';
import { roleField, scopeField } from '../wire/account.ts';
import { agentTokenSchema, keySchema, newKeySchema, presentAgentToken, presentKey } from '../wire/key.ts';
import { nextCursor } from '../wire/values.ts';
import { EXAMPLE } from './examples.ts';
import { idempotencyKey, orderInput, pageInput, shownOnce } from './fields.ts';
import { created, operation } from './operation.ts';

const daysField = z.int().min(1).max(3650).nullable();

export const keys = {
  list: operation({
    method: 'GET',
    path: '/api/v1/keys',
    summary: 'List keys',
    input: z.strictObject({
      ...pageInput,
      role: roleField.optional(),
      search: z.string().max(200).optional().describe('Part of its name.'),
      sort: z.enum(KEY_SORTS).optional().describe('Left out: `created`.'),
      order: orderInput,
    }),
    output: z.object({ keys: z.array(keySchema), next_cursor: nextCursor }),
    example: { limit: 20, sort: 'used', order: 'desc' },
    async handle({ services, actor }, input) {
      const page = await listKeys(services, actor, input);
      return { keys: page.items.map(presentKey), next_cursor: page.nextCursor };
    },
  }),

  create: operation({
    method: 'POST',
    path: '/api/v1/keys',
    summary: 'Make a key for a program',
    description: `It can do what both its role and whoever made it may, at each use. Send it as \`Authorization: Bearer\`. ${shownOnce}`,
    input: z.strictObject({
      name: z.string().trim().min(1).max(200),
      role: roleField,
      scopes: z.array(scopeField).min(1).nullable().default(null).describe('Null: all that the role may.'),
      networks: z.array(z.string()).min(1).max(50).nullable().default(null).describe('Null: from anywhere.'),
      expires_in_days: daysField.default(90).describe('Null: never.'),
      idempotency_key: idempotencyKey,
    }),
    output: newKeySchema,
    isSecret: true,
    status: 201,
    example: { name: 'ci', role: 'operator', scopes: ['runs:read', 'runs:write'], networks: ['10.1.0.0/16'] },
    errors: ['CONFLICT'],
    async handle({ services, actor }, { expires_in_days, idempotency_key, ...request }) {
      const key = await createKey(services, actor, {
        ...request,
        expiresInDays: expires_in_days,
        idempotencyKey: idempotency_key,
      });
      return created({ ...presentKey(key), key: key.key }, `/api/v1/keys/${key.id}`);
    },
  }),

  rotate: operation({
    method: 'POST',
    path: '/api/v1/keys/{id}/rotate',
    summary: 'Give a key new letters',
    description:
      'The old ones count for a while longer, so that programs can change over; until then it is not rotated again, except by an overlap of 0. Only for whoever made it: others revoke it and make their own.',
    input: z.strictObject({
      id: idSchema('key'),
      overlap_hours: z.int().min(0).max(720).default(24).describe('0: the old letters end at once.'),
    }),
    output: newKeySchema,
    isSecret: true,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: EXAMPLE.key },
    async handle({ services, actor }, { id, overlap_hours }) {
      const key = await rotateKey(services, actor, { id, overlapHours: overlap_hours });
      return { ...presentKey(key), key: key.key };
    },
  }),

  revoke: operation({
    method: 'DELETE',
    path: '/api/v1/keys/{id}',
    summary: 'Revoke a key',
    description: 'At once and for good.',
    input: z.strictObject({ id: idSchema('key') }),
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.key },
    handle: ({ services, actor }, input) => revokeKey(services, actor, input).then(() => undefined),
  }),
};

export const agentTokens = {
  list: operation({
    method: 'GET',
    path: '/api/v1/agent-tokens',
    summary: "List agents' tokens",
    input: z.strictObject({
      ...pageInput,
      agent: z.string().max(128).optional().describe('The whole name of one.'),
      sort: z.enum(AGENT_TOKEN_SORTS).optional().describe('Left out: `created`.'),
      order: orderInput,
    }),
    output: z.object({ agent_tokens: z.array(agentTokenSchema), next_cursor: nextCursor }),
    example: { limit: 20 },
    async handle({ services, actor }, input) {
      const page = await listAgentTokens(services, actor, input);
      return { agent_tokens: page.items.map(presentAgentToken), next_cursor: page.nextCursor };
    },
  }),

  create: operation({
    method: 'POST',
    path: '/api/v1/agent-tokens',
    summary: 'Make a token for an agent',
    description: `With it the agent of that name registers, claims, reports and reads what its tasks work on, and nothing else. ${shownOnce}`,
    input: z.strictObject({
      agent: z.string().trim().min(1).max(128).describe('The name that it registers with.'),
      expires_in_days: daysField.default(null).describe('Null: never.'),
      idempotency_key: idempotencyKey,
    }),
    isSecret: true,
    output: agentTokenSchema.extend({
      token: z.string().describe('The whole token. It is kept nowhere and shown here only.'),
    }),
    status: 201,
    example: { agent: 'resizer' },
    errors: ['CONFLICT'],
    async handle({ services, actor }, { agent, expires_in_days, idempotency_key }) {
      const made = await createAgentToken(services, actor, {
        agent,
        expiresInDays: expires_in_days,
        idempotencyKey: idempotency_key,
      });
      return created({ ...presentAgentToken(made), token: made.token }, `/api/v1/agent-tokens/${made.id}`);
    },
  }),

  revoke: operation({
    method: 'DELETE',
    path: '/api/v1/agent-tokens/{id}',
    summary: "Revoke an agent's token",
    input: z.strictObject({ id: idSchema('agentToken') }),
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.agentToken },
    handle: ({ services, actor }, input) => revokeAgentToken(services, actor, input).then(() => undefined),
  }),
};
