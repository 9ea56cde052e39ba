import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { getMe } from '#server/services/account/get.ts';
import { closeOrg } from '#server/services/org/close.ts';
import { createOrg, orgNameSchema } from '#server/services/org/create.ts';
import { enterOrg } from '#server/services/org/enter.ts';
import { listOrgs, listOwnOrgs } from '#server/services/org/look.ts';
import { renameOrg } from '#server/services/org/rename.ts';
import { meSchema, presentMe } from '../wire/account.ts';
import { orgSchema, ownOrgSchema, presentOrg, presentOwnOrg } from '../wire/org.ts';
import { nextCursor } from '../wire/values.ts';
import { EXAMPLE } from './examples.ts';
import { idempotencyKey, limitField, pageInput, shownOnce } from './fields.ts';
import { created, operation } from './operation.ts';

export const orgs = {
  mine: operation({
    method: 'GET',
    path: '/api/v1/me/orgs',
    summary: 'List the organisations that you are a member of',
    by: 'person',
    input: z.strictObject({ ...pageInput, limit: limitField(200, 200) }),
    output: z.object({ orgs: z.array(ownOrgSchema), next_cursor: nextCursor }),
    example: { limit: 20 },
    async handle({ services, actor }, input) {
      const page = await listOwnOrgs(services, actor, input);
      return { orgs: page.items.map(presentOwnOrg), next_cursor: page.nextCursor };
    },
  }),

  enter: operation({
    method: 'POST',
    path: '/api/v1/me/orgs/{id}/enter',
    summary: 'Go over to another organisation of yours',
    description:
      'Your session then is in that one, in every tab; what it had open ends. Keys stay where they are.',
    by: 'person',
    input: z.strictObject({ id: idSchema('org') }),
    output: meSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.org },
    handle: async ({ services, actor }, input) =>
      presentMe(await getMe(services, await enterOrg(services, actor, input))),
  }),

  list: operation({
    method: 'GET',
    path: '/api/v1/orgs',
    summary: 'List the organisations of this installation',
    description: 'Newest first, closed ones too. For owners of the organisation that was there first.',
    input: z.strictObject({
      ...pageInput,
      search: z.string().max(200).optional().describe('Part of the name.'),
    }),
    output: z.object({ orgs: z.array(orgSchema), next_cursor: nextCursor }),
    example: { limit: 20 },
    async handle({ services, actor }, input) {
      const page = await listOrgs(services, actor, input);
      return { orgs: page.items.map(presentOrg), next_cursor: page.nextCursor };
    },
  }),

  create: operation({
    method: 'POST',
    path: '/api/v1/orgs',
    summary: 'Make an organisation',
    description: `You are its owner. Shown as a program on this machine instead, you get an invitation for its owner. ${shownOnce}`,
    input: z.strictObject({ name: orgNameSchema, idempotency_key: idempotencyKey }),
    isSecret: true,
    output: z.object({
      id: idSchema('org'),
      name: z.string(),
      invitation: z
        .string()
        .nullable()
        .describe("On this server's address: for its first owner, where you are none."),
    }),
    status: 201,
    example: { name: EXAMPLE.newName },
    errors: ['CONFLICT'],
    async handle({ services, actor }, { idempotency_key, ...wish }) {
      const made = await createOrg(services, actor, { ...wish, idempotencyKey: idempotency_key });
      const { id, name, invitation, isNew } = made;
      const link = invitation === null ? null : `/join#${invitation}`;
      return created({ id, name, invitation: link }, `/api/v1/orgs/${id}`, isNew);
    },
  }),

  rename: operation({
    method: 'PATCH',
    path: '/api/v1/orgs/{id}',
    summary: 'Rename an organisation of yours',
    description: 'For its owners.',
    by: 'person',
    input: z.strictObject({ id: idSchema('org'), name: orgNameSchema }),
    output: z.object({ id: idSchema('org'), name: z.string() }),
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.org, name: 'Elsewhere' },
    handle: ({ services, actor }, input) => renameOrg(services, actor, input),
  }),

  close: operation({
    method: 'DELETE',
    path: '/api/v1/orgs/{id}',
    summary: 'Close an organisation of yours for good',
    description:
      'Ends memberships, sessions, keys, tokens and invitations. Refused while runs go on. What it holds goes as retention says.',
    by: 'person',
    input: z.strictObject({ id: idSchema('org') }),
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: EXAMPLE.org },
    handle: ({ services, actor }, input) => closeOrg(services, actor, input).then(() => undefined),
  }),
};
