import type { Scope } from '#server/identity/permissions.ts';

/** Who gets past the door of a route, written down apart from the table that decides it. */
export interface AccessRow {
  /** Of owner, admin, designer, operator, viewer, auditor: `y` or `n`. */
  roles: string;
  /** A key with these scopes, and no others, gets in; left out: no key with scopes does. */
  scopes?: readonly Scope[];
  /** An agent's token gets in, as its own agent. */
  agent?: true;
  /** Strangers get in too. */
  open?: true;
  /** Only people by their own session. */
  person?: true;
  /** Only the organisation that was there first. */
  home?: true;
}

const ALL = 'yyyyyy';
const DESIGN = 'yyynnn';
const RUN = 'yyyynn';
const OPERATE = 'yynynn';
const SUPERVISE = 'yynnny';
const ADMIN = 'yynnnn';
const own: AccessRow = { roles: ALL, person: true };
const open: AccessRow = { roles: ALL, open: true };

/** One row for each route. A route without one fails the test: say who may, then build it. */
export const ACCESS: Readonly<Record<string, AccessRow>> = {
  'GET /api/v1/pipelines': { roles: ALL, scopes: ['pipelines:read'] },
  'POST /api/v1/pipelines': { roles: DESIGN, scopes: ['pipelines:write', 'pipelines:publish'] },
  'POST /api/v1/pipelines/import': { roles: DESIGN, scopes: ['pipelines:write', 'pipelines:publish'] },
  'POST /api/v1/pipelines/validate': { roles: ALL, scopes: ['pipelines:read'] },
  'GET /api/v1/pipelines/{id}': { roles: ALL, scopes: ['pipelines:read'] },
  'PUT /api/v1/pipelines/{id}/draft': { roles: DESIGN, scopes: ['pipelines:write'] },
  'POST /api/v1/pipelines/{id}/publish': { roles: DESIGN, scopes: ['pipelines:publish'] },
  'GET /api/v1/pipelines/{id}/versions': { roles: ALL, scopes: ['pipelines:read'] },
  'PATCH /api/v1/pipelines/{id}': { roles: DESIGN, scopes: ['pipelines:write'] },
  'POST /api/v1/pipelines/{id}/archive': { roles: DESIGN, scopes: ['pipelines:write'] },
  'POST /api/v1/pipelines/{id}/unarchive': { roles: DESIGN, scopes: ['pipelines:write'] },
  'PUT /api/v1/pipelines/{id}/star': { roles: ALL, scopes: ['pipelines:read'] },
  'POST /api/v1/pipelines/{id}/duplicate': { roles: DESIGN, scopes: ['pipelines:write'] },
  'GET /api/v1/pipelines/{id}/draft': { roles: ALL, scopes: ['pipelines:read'] },
  'GET /api/v1/pipelines/{id}/versions/{number}': { roles: ALL, scopes: ['pipelines:read'] },
  'POST /api/v1/pipelines/{id}/versions/{number}/restore': { roles: DESIGN, scopes: ['pipelines:write'] },
  'GET /api/v1/pipelines/{id}/diff': { roles: ALL, scopes: ['pipelines:read'] },
  'GET /api/v1/pipelines/{id}/export': { roles: ALL, scopes: ['pipelines:read'] },
  'POST /api/v1/pipelines/{id}/execute': { roles: RUN, scopes: ['runs:write'] },
  'GET /api/v1/templates': { roles: ALL, scopes: ['pipelines:read'] },
  'POST /api/v1/templates/{key}/instantiate': {
    roles: DESIGN,
    scopes: ['pipelines:write', 'pipelines:publish'],
  },
  'GET /api/v1/runs': { roles: ALL, scopes: ['runs:read'] },
  'GET /api/v1/runs/{id}': { roles: ALL, scopes: ['runs:read'] },
  'GET /api/v1/runs/{id}/events': { roles: ALL, scopes: ['runs:read'] },
  'GET /api/v1/runs/{id}/tasks': { roles: ALL, scopes: ['runs:read'] },
  'GET /api/v1/runs/{id}/attempts': { roles: ALL, scopes: ['runs:read'] },
  'GET /api/v1/runs/{id}/logs': { roles: 'yyyyyn', scopes: ['runs:read'] },
  'GET /api/v1/runs/{id}/lineage': { roles: ALL, scopes: ['runs:read'] },
  'GET /api/v1/runs/{id}/objects/{hash}': { roles: 'yyyyyn', scopes: ['payload:read'], agent: true },
  'POST /api/v1/runs/{id}/replay': { roles: RUN, scopes: ['runs:write'] },
  'POST /api/v1/runs/{id}/pause': { roles: RUN, scopes: ['runs:write'] },
  'POST /api/v1/runs/{id}/resume': { roles: RUN, scopes: ['runs:write'] },
  'POST /api/v1/runs/{id}/kill': { roles: RUN, scopes: ['runs:write'] },
  'POST /api/v1/runs/{id}/cancel': { roles: RUN, scopes: ['runs:write'] },
  'GET /api/v1/tasks': { roles: ALL, scopes: ['runs:read'] },
  'POST /api/v1/tasks': { roles: RUN, scopes: ['runs:write'] },
  'GET /api/v1/tasks/{id}': { roles: ALL, scopes: ['runs:read'] },
  'GET /api/v1/tasks/{id}/logs': { roles: 'yyyyyn', scopes: ['runs:read'] },
  'POST /api/v1/tasks/{id}/retry': { roles: RUN, scopes: ['runs:write'] },
  'GET /api/v1/agents': { roles: ALL, scopes: ['ops:read'] },
  'GET /api/v1/agents/{id}': { roles: ALL, scopes: ['ops:read'] },
  'GET /api/v1/agents/{id}/work': { roles: ALL, scopes: ['ops:read', 'runs:read'] },
  'POST /api/v1/agents/register': { roles: ADMIN, agent: true },
  'POST /api/v1/agents/{id}/orders': { roles: OPERATE, scopes: ['ops:write'] },
  'POST /api/v1/agents/{id}/claim': { roles: ADMIN, agent: true },
  'POST /api/v1/agents/{id}/heartbeat': { roles: ADMIN, agent: true },
  'POST /api/v1/agents/{id}/reports': { roles: ADMIN, agent: true },
  'GET /api/v1/agents/{id}/tasks/{task_id}/objects/{hash}': { roles: ADMIN, agent: true },
  'POST /api/v1/agents/{id}/tasks/{task_id}/objects': { roles: ADMIN, agent: true },
  'POST /api/v1/bulk': { roles: RUN, scopes: ['runs:read', 'runs:write'] },
  'GET /api/v1/bulk': { roles: ALL, scopes: ['runs:read'] },
  'GET /api/v1/bulk/{id}': { roles: ALL, scopes: ['runs:read'] },
  'GET /api/v1/bulk/{id}/items': { roles: ALL, scopes: ['runs:read'] },
  'POST /api/v1/bulk/{id}/abort': { roles: RUN, scopes: ['runs:write'] },
  'GET /api/v1/health': { roles: ALL, scopes: ['ops:read'] },
  'GET /api/v1/settings': { roles: ALL, scopes: ['ops:read'] },
  'GET /api/v1/queues': { roles: ALL, scopes: ['ops:read'] },
  'GET /api/v1/dead-letters': { roles: OPERATE, scopes: ['ops:write'] },
  'POST /api/v1/dead-letters/{id}/replay': { roles: OPERATE, scopes: ['ops:write'] },
  'POST /api/v1/dead-letters/{id}/discard': { roles: OPERATE, scopes: ['ops:write'] },
  'GET /api/v1/auth/providers': open,
  'POST /api/v1/auth/sign-in': open,
  'POST /api/v1/auth/join': open,
  'POST /api/v1/auth/providers/{id}/start': open,
  'GET /api/v1/auth/providers/{id}/callback': open,
  'GET /api/v1/me': { roles: ALL, scopes: [], agent: true },
  'PATCH /api/v1/me': own,
  'GET /api/v1/me/sessions': own,
  'DELETE /api/v1/me/sessions/{id}': own,
  'GET /api/v1/me/identities': own,
  'DELETE /api/v1/me/identities': own,
  'GET /api/v1/members': { roles: SUPERVISE },
  'PATCH /api/v1/members/{id}': { roles: ADMIN },
  'DELETE /api/v1/members/{id}': { roles: ADMIN },
  'GET /api/v1/invites': { roles: SUPERVISE },
  'POST /api/v1/invites': { roles: ADMIN },
  'DELETE /api/v1/invites/{id}': { roles: ADMIN },
  'GET /api/v1/pipelines/{id}/grants': { roles: SUPERVISE },
  'PUT /api/v1/pipelines/{id}/grants/{user_id}': { roles: ADMIN },
  'DELETE /api/v1/pipelines/{id}/grants/{user_id}': { roles: ADMIN },
  'GET /api/v1/keys': { roles: SUPERVISE },
  'POST /api/v1/keys': { roles: ADMIN },
  'POST /api/v1/keys/{id}/rotate': { roles: ADMIN },
  'DELETE /api/v1/keys/{id}': { roles: ADMIN },
  'GET /api/v1/agent-tokens': { roles: SUPERVISE },
  'POST /api/v1/agent-tokens': { roles: ADMIN },
  'DELETE /api/v1/agent-tokens/{id}': { roles: ADMIN },
  'GET /api/v1/audit': { roles: SUPERVISE, scopes: ['audit:read'] },
  'POST /api/v1/audit/verify': { roles: SUPERVISE, scopes: ['audit:read'] },
  'GET /api/v1/audit/export': { roles: SUPERVISE, scopes: ['audit:read'] },
  'GET /api/v1/secrets': { roles: ADMIN },
  'PUT /api/v1/secrets/{name}': { roles: ADMIN },
  'DELETE /api/v1/secrets/{name}': { roles: ADMIN },
  'GET /api/v1/notification-targets': { roles: OPERATE, scopes: ['ops:read'] },
  'POST /api/v1/notification-targets': { roles: ADMIN },
  'PATCH /api/v1/notification-targets/{id}': { roles: ADMIN },
  'DELETE /api/v1/notification-targets/{id}': { roles: ADMIN },
  'POST /api/v1/notification-targets/{id}/rotate-secret': { roles: ADMIN },
  'POST /api/v1/notification-targets/{id}/test': { roles: ADMIN },
  'POST /api/v1/notification-secret/rotate': { roles: ADMIN },
  'GET /api/v1/notification-deliveries': { roles: OPERATE, scopes: ['ops:read'] },
  'POST /api/v1/notification-deliveries/{id}/redeliver': { roles: ADMIN },
  'GET /api/v1/limits': { roles: ALL, scopes: [], agent: true },
  'GET /api/v1/home': { roles: ALL, scopes: ['runs:read'] },
  'GET /api/v1/analytics': { roles: ALL, scopes: ['runs:read'] },
  'GET /api/v1/analytics/stages': { roles: ALL, scopes: ['runs:read'] },
  'GET /api/v1/analytics/agents': { roles: ALL, scopes: ['runs:read', 'ops:read'] },
  'GET /api/v1/analytics/errors': { roles: ALL, scopes: ['runs:read'] },
  'GET /api/v1/analytics/errors/{id}': { roles: ALL, scopes: ['runs:read'] },
  'POST /api/v1/analytics/errors/{id}/decision': { roles: RUN, scopes: ['runs:write'] },
  'GET /api/v1/analytics/export': { roles: ALL, scopes: ['runs:read'] },
  'GET /metrics': { roles: OPERATE, scopes: ['ops:read'], home: true },
  // Last: whoever signs out is asked nothing more.
  'POST /api/v1/auth/sign-out': own,
};
