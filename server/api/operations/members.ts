import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { getMe } from '#server/services/account/get.ts';
import { addGrant, listGrants, removeGrant } from '#server/services/grant/grants.ts';
import { changeRole, changeRoleSchema } from '#server/services/member/change-role.ts';
import { inviteMember, listInvites, revokeInvite } from '#server/services/member/invite.ts';
import { listMembers, MEMBER_SORTS } from '#server/services/member/list.ts';
import { removeMember } from '#server/services/member/remove.ts';
import { acceptInvite } from '#server/services/org/accept.ts';
import { meSchema, presentMe, roleField } from '../wire/account.ts';
import {
  grantSchema,
  inviteSchema,
  memberSchema,
  presentGrant,
  presentInvite,
  presentMember,
} from '../wire/member.ts';
import { nextCursor } from '../wire/values.ts';
import { EXAMPLE } from './examples.ts';
import { idempotencyKey, limitField, orderInput, pageInput, shownOnce } from './fields.ts';
import { created, operation } from './operation.ts';

export const members = {
  list: operation({
    method: 'GET',
    path: '/api/v1/members',
    summary: 'List members',
    input: z.strictObject({
      ...pageInput,
      role: roleField.optional(),
      search: z.string().max(200).optional().describe('Part of a name or e-mail address.'),
      sort: z.enum(MEMBER_SORTS).optional().describe('Left out: `created`.'),
      order: orderInput,
    }),
    output: z.object({ members: z.array(memberSchema), next_cursor: nextCursor }),
    example: { limit: 20, sort: 'name' },
    async handle({ services, actor }, input) {
      const page = await listMembers(services, actor, input);
      return { members: page.items.map(presentMember), next_cursor: page.nextCursor };
    },
  }),

  changeRole: operation({
    method: 'PATCH',
    path: '/api/v1/members/{id}',
    summary: "Change a member's role",
    description: 'Holds from their next request on. Only an owner makes or changes owners.',
    input: changeRoleSchema,
    output: z.object({ id: idSchema('user'), role: roleField }),
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: EXAMPLE.member, role: 'operator' },
    handle: ({ services, actor }, input) => changeRole(services, actor, input),
  }),

  remove: operation({
    method: 'DELETE',
    path: '/api/v1/members/{id}',
    summary: 'Remove a member, or leave',
    input: z.strictObject({ id: idSchema('user') }),
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: EXAMPLE.member },
    handle: ({ services, actor }, input) => removeMember(services, actor, input).then(() => undefined),
  }),
};

export const invites = {
  list: operation({
    method: 'GET',
    path: '/api/v1/invites',
    summary: 'List open invitations',
    description: 'Newest first.',
    input: z.strictObject({
      ...pageInput,
      limit: limitField(200, 200),
      role: roleField.optional(),
      search: z.string().max(200).optional().describe('Part of whom it is for.'),
    }),
    output: z.object({ invites: z.array(inviteSchema), next_cursor: nextCursor }),
    example: { limit: 20 },
    async handle({ services, actor }, input) {
      const page = await listInvites(services, actor, input);
      return { invites: page.items.map(presentInvite), next_cursor: page.nextCursor };
    },
  }),

  create: operation({
    method: 'POST',
    path: '/api/v1/invites',
    summary: 'Invite somebody',
    description: `Send them the link: it works once, and is shown here only. ${shownOnce}`,
    input: z.strictObject({
      role: roleField,
      label: z.string().trim().max(200).default('').describe('Whom it is for.'),
      expires_in_hours: z.int().min(1).max(720).default(72),
      idempotency_key: idempotencyKey,
    }),
    isSecret: true,
    output: inviteSchema.extend({
      token: z.string(),
      link: z
        .string()
        .describe("On this server's address. What follows the # never reaches a server or a log."),
    }),
    status: 201,
    example: { role: 'designer', label: 'Grace' },
    errors: ['CONFLICT'],
    async handle({ services, actor }, { expires_in_hours, idempotency_key, ...request }) {
      const invite = await inviteMember(services, actor, {
        ...request,
        expiresInHours: expires_in_hours,
        idempotencyKey: idempotency_key,
      });
      const { token } = invite;
      return created(
        { ...presentInvite(invite), token, link: `/join#${token}` },
        `/api/v1/invites/${invite.id}`,
      );
    },
  }),

  accept: operation({
    method: 'POST',
    path: '/api/v1/invites/accept',
    summary: 'Accept an invitation with the account that you are signed in with',
    description: 'You are then a member there too, and your session is in that organisation.',
    by: 'person',
    input: z.strictObject({ token: z.string().min(1).max(200) }),
    output: meSchema,
    errors: ['NOT_FOUND', 'LIMITED'],
    example: { token: EXAMPLE.invitation },
    async handle({ services, actor, browser }, input) {
      const { session, actor: member } = await acceptInvite(services, actor, input);
      browser.keep(session.token, session.maxAgeSeconds);
      return presentMe(await getMe(services, member));
    },
  }),

  revoke: operation({
    method: 'DELETE',
    path: '/api/v1/invites/{id}',
    summary: 'Take an invitation back',
    input: z.strictObject({ id: idSchema('invite') }),
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.invite },
    handle: ({ services, actor }, input) => revokeInvite(services, actor, input).then(() => undefined),
  }),
};

const grantInput = z.strictObject({ id: idSchema('pipe'), user_id: idSchema('user') });

export const grants = {
  list: operation({
    method: 'GET',
    path: '/api/v1/pipelines/{id}/grants',
    summary: 'List who may design a pipeline beyond their role',
    input: z.strictObject({ ...pageInput, limit: limitField(200, 200), id: idSchema('pipe') }),
    output: z.object({ grants: z.array(grantSchema), next_cursor: nextCursor }),
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.pipeline },
    async handle({ services, actor }, { id, ...rest }) {
      const page = await listGrants(services, actor, { ...rest, pipelineId: id });
      return { grants: page.items.map(presentGrant), next_cursor: page.nextCursor };
    },
  }),

  add: operation({
    method: 'PUT',
    path: '/api/v1/pipelines/{id}/grants/{user_id}',
    summary: 'Let a viewer or operator design a pipeline',
    input: grantInput,
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.pipeline, user_id: EXAMPLE.member },
    handle: ({ services, actor }, { id, user_id }) =>
      addGrant(services, actor, { pipelineId: id, userId: user_id }).then(() => undefined),
  }),

  remove: operation({
    method: 'DELETE',
    path: '/api/v1/pipelines/{id}/grants/{user_id}',
    summary: 'Take a grant back',
    input: grantInput,
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.grantedPipeline, user_id: EXAMPLE.grantee },
    handle: ({ services, actor }, { id, user_id }) =>
      removeGrant(services, actor, { pipelineId: id, userId: user_id }).then(() => undefined),
  }),
};
