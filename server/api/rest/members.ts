import { addGrant, listGrants, removeGrant } from '#server/services/grant/grants.ts';
import { changeRole } from '#server/services/member/change-role.ts';
import { type InviteView, inviteMember, listInvites, revokeInvite } from '#server/services/member/invite.ts';
import { listMembers } from '#server/services/member/list.ts';
import { removeMember } from '#server/services/member/remove.ts';
import type { Answer, Route } from '../http/router.ts';
import { fromBody, fromQuery } from './input.ts';

const NOTHING: Answer = { status: 204, body: undefined };

export const memberRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/members',
    async handle({ services, actor, query }) {
      const { items, nextCursor } = await listMembers(services, actor, fromQuery(query));
      const members = items.map(({ createdAt, ...member }) => ({ ...member, created_at: createdAt }));
      return { status: 200, body: { members, next_cursor: nextCursor } };
    },
  },
  {
    method: 'PATCH',
    path: '/api/v1/members/{id}',
    async handle({ services, actor, params, body }) {
      return { status: 200, body: await changeRole(services, actor, fromBody(body, params)) };
    },
  },
  {
    method: 'DELETE',
    path: '/api/v1/members/{id}',
    async handle({ services, actor, params }) {
      await removeMember(services, actor, fromBody(params));
      return NOTHING;
    },
  },
  {
    method: 'GET',
    path: '/api/v1/invites',
    async handle({ services, actor }) {
      return { status: 200, body: { invites: (await listInvites(services, actor)).map(presentInvite) } };
    },
  },
  {
    method: 'POST',
    path: '/api/v1/invites',
    async handle({ services, actor, body }) {
      const { expires_in_hours, ...fields } = fromBody<Record<string, unknown>>(body);
      const invite = await inviteMember(
        services,
        actor,
        fromBody({ ...fields, expiresInHours: expires_in_hours }),
      );
      // After the #, where no server and no log sees it.
      const link = `/join#${invite.token}`;
      return { status: 201, body: { ...presentInvite(invite), token: invite.token, link } };
    },
  },
  {
    method: 'DELETE',
    path: '/api/v1/invites/{id}',
    async handle({ services, actor, params }) {
      await revokeInvite(services, actor, fromBody(params));
      return NOTHING;
    },
  },
];

export const grantRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/pipelines/{pipelineId}/grants',
    async handle({ services, actor, params }) {
      const grants = await listGrants(services, actor, fromBody(params));
      const shown = grants.map(({ userId, name, createdAt }) => ({
        user_id: userId,
        name,
        created_at: createdAt,
      }));
      return { status: 200, body: { grants: shown } };
    },
  },
  {
    method: 'PUT',
    path: '/api/v1/pipelines/{pipelineId}/grants/{userId}',
    async handle({ services, actor, params }) {
      await addGrant(services, actor, fromBody(params));
      return NOTHING;
    },
  },
  {
    method: 'DELETE',
    path: '/api/v1/pipelines/{pipelineId}/grants/{userId}',
    async handle({ services, actor, params }) {
      await removeGrant(services, actor, fromBody(params));
      return NOTHING;
    },
  },
];

function presentInvite({ id, role, label, createdAt, expiresAt }: InviteView) {
  return { id, role, label, created_at: createdAt, expires_at: expiresAt };
}
