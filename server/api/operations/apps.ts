import { z } from 'zod';
import { DEFAULT_ORG_ID, idSchema } from '#server/domain/ids.ts';
import { decideRequest, lookAtRequest, requestIdSchema } from '#server/services/app/decide.ts';
import { endApp, listApps } from '#server/services/app/list.ts';
import { scopeField } from '../wire/account.ts';
import { appSchema, askingAppSchema, presentApp, presentAskingApp } from '../wire/app.ts';
import { nextCursor } from '../wire/values.ts';
import { EXAMPLE } from './examples.ts';
import { pageInput } from './fields.ts';
import { type OperationCall, operation } from './operation.ts';

/** Which request this browser was sent by, and under which name it knows this server. */
const browserOf = ({ services, browser }: OperationCall) => ({
  place: {
    issuer: services.identity.apps.issuerAt(browser.origin) ?? browser.origin,
    cookie: browser.appRequest.cookie,
  },
  ...(browser.appRequest.shown === undefined ? {} : { shown: browser.appRequest.shown }),
});

export const apps = {
  list: operation({
    method: 'GET',
    path: '/api/v1/apps',
    summary: 'List programs that were let in by browser',
    description: 'Each may do what its scopes say and whoever let it in may now.',
    by: 'person',
    input: z.strictObject({
      ...pageInput,
      of_all: z
        .boolean()
        .default(false)
        .describe('Of everybody in the organisation; left out: those that you have let in.'),
    }),
    output: z.object({ apps: z.array(appSchema), next_cursor: nextCursor }),
    example: { limit: 20 },
    async handle({ services, actor }, { of_all, ...page }) {
      const { items, nextCursor: next_cursor } = await listApps(services, actor, { ...page, ofAll: of_all });
      return { apps: items.map(presentApp), next_cursor };
    },
  }),

  end: operation({
    method: 'DELETE',
    path: '/api/v1/apps/{id}',
    summary: 'Put a program out',
    description: 'At once and for good; it can ask to be let in again.',
    by: 'person',
    input: z.strictObject({ id: idSchema('app') }),
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.app },
    handle: ({ services, actor }, input) => endApp(services, actor, input).then(() => undefined),
  }),

  asked: operation({
    method: 'GET',
    path: '/api/v1/app-requests/{id}',
    summary: 'See what a program asks for',
    description: 'Only in the browser that it has opened.',
    by: 'person',
    input: z.strictObject({ id: requestIdSchema }),
    output: askingAppSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.appRequest },
    handle: async (call, { id }) =>
      presentAskingApp(await lookAtRequest(call.services, call.actor, { id, ...browserOf(call) })),
  }),

  decide: operation({
    method: 'POST',
    path: '/api/v1/app-requests/{id}',
    summary: 'Let a program in, or keep it out',
    by: 'person',
    input: z.strictObject({
      id: requestIdSchema,
      org_id: idSchema('org').describe('The one that was shown.'),
      scopes: z.array(scopeField).min(1).nullable().describe('Null: it stays out.'),
    }),
    output: z.object({ go_on: z.string().describe('Where the browser goes now.') }),
    errors: ['NOT_FOUND', 'OTHER_ORG'],
    example: { id: EXAMPLE.appRequest, org_id: DEFAULT_ORG_ID, scopes: ['runs:read'] },
    async handle(call, { id, org_id, scopes }) {
      const wish = { id, orgId: org_id, scopes, ...browserOf(call) };
      return { go_on: (await decideRequest(call.services, call.actor, wish)).goOn };
    },
  }),
};
