import { getMe, type Me } from '#server/services/account/get.ts';
import { updateAccount } from '#server/services/account/update.ts';
import { join } from '#server/services/session/join.ts';
import { listSessions, type OwnSession } from '#server/services/session/list.ts';
import type { SignedIn } from '#server/services/session/open-session.ts';
import { revokeSession } from '#server/services/session/revoke.ts';
import { signIn } from '#server/services/session/sign-in.ts';
import { signOut } from '#server/services/session/sign-out.ts';
import type { Answer, Call, Route } from '../http/router.ts';
import { fromBody } from './input.ts';

/** Signing in and out, and one's own account. */
export const sessionRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/api/v1/auth/sign-in',
    isOpen: true,
    handle: async (call) => greet(call, await signIn(call.services, call.actor, fromBody(call.body))),
  },
  {
    method: 'POST',
    path: '/api/v1/auth/join',
    isOpen: true,
    handle: async (call) => greet(call, await join(call.services, call.actor, fromBody(call.body))),
  },
  {
    method: 'POST',
    path: '/api/v1/auth/sign-out',
    async handle({ services, actor, cookie }) {
      await signOut(services, actor);
      return { status: 204, body: undefined, headers: { 'set-cookie': cookie.clear() } };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/me',
    handle: async ({ services, actor }) => ({ status: 200, body: presentMe(await getMe(services, actor)) }),
  },
  {
    method: 'PATCH',
    path: '/api/v1/me',
    async handle({ services, actor, body }) {
      const { current_password, ...change } = fromBody<Record<string, unknown>>(body);
      const account = await updateAccount(
        services,
        actor,
        fromBody({ ...change, currentPassword: current_password }),
      );
      return { status: 200, body: presentAccount(account) };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/me/sessions',
    async handle({ services, actor }) {
      return { status: 200, body: { sessions: (await listSessions(services, actor)).map(presentSession) } };
    },
  },
  {
    method: 'DELETE',
    path: '/api/v1/me/sessions/{id}',
    async handle({ services, actor, params }) {
      await revokeSession(services, actor, fromBody(params));
      return { status: 204, body: undefined };
    },
  },
];

async function greet({ services, cookie }: Call, { session, actor }: SignedIn): Promise<Answer> {
  const headers = { 'set-cookie': cookie.set(session.token, session.maxAgeSeconds) };
  return { status: 200, body: presentMe(await getMe(services, actor)), headers };
}

function presentMe({ orgId, account, ...me }: Me) {
  return { ...me, org_id: orgId, account: account && presentAccount(account) };
}

function presentAccount({ id, name, email, hasPassword, createdAt }: NonNullable<Me['account']>) {
  return { id, name, email, has_password: hasPassword, created_at: createdAt };
}

function presentSession({ id, how, address, ...session }: OwnSession) {
  return {
    ...{ id, how, address },
    user_agent: session.userAgent,
    is_current: session.isCurrent,
    created_at: session.createdAt,
    last_seen_at: session.lastSeenAt,
    expires_at: session.expiresAt,
  };
}
