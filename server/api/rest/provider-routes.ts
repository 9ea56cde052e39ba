import { z } from 'zod';
import { SignalboxError } from '#server/domain/errors.ts';
import { FLOW_SECONDS } from '#server/identity/flows.ts';
import { parseInput } from '#server/services/parse-input.ts';
import { beginProvider } from '#server/services/session/begin-provider.ts';
import { finishProvider } from '#server/services/session/finish-provider.ts';
import type { Answer, Call } from '../http/router.ts';
import type { BrowserRoute } from './browser-route.ts';

const beginBody = z.strictObject({
  next: z.string().optional().describe('The page of the panel to come back to.'),
  invitation: z.string().optional().describe('The token of an invitation that is to be accepted.'),
  link: z.boolean().optional().describe('Whoever has signed in links it to their account.'),
  current_password: z.string().optional().describe('To link, for those who have one.'),
});

/** Where a browser is to go now. */
export const wayOutSchema = z.object({ url: z.string().describe('Where the browser is to go.') });
/** As the other side leads it back: what more it says is left to it. */
export const wayBackSchema = z.object({
  code: z.string().optional(),
  state: z.string().optional().describe('As it was sent along.'),
  error: z.string().optional(),
  error_description: z.string().optional(),
});

/**
 * Going to a provider and coming back. No operations: the one is of use to a browser only, and the other is called by
 * nobody but the provider's page.
 */
export const providerRoutes: readonly BrowserRoute[] = [
  {
    method: 'POST',
    path: '/api/v1/auth/providers/{id}/start',
    isOpen: true,
    name: 'auth.startProvider',
    summary: 'Begin to sign in with a provider',
    description: 'For a browser: the answer sets a cookie, and what comes back counts with it only.',
    body: beginBody,
    errors: ['NOT_FOUND', 'UNAUTHENTICATED', 'FORBIDDEN'],
    answer: wayOutSchema,
    async handle({ services, actor, params, body, browser }) {
      const { current_password: given, ...wish } = parseInput(beginBody, body);
      const { url, browserToken } = await beginProvider(services, actor, {
        ...wish,
        ...(given === undefined ? {} : { currentPassword: given }),
        provider: params.id ?? '',
        origin: browser.origin,
      });
      browser.keepFlow(browserToken, FLOW_SECONDS);
      return { status: 200, body: { url } };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/auth/providers/{id}/callback',
    isOpen: true,
    isForPeople: true,
    name: 'auth.finishProvider',
    summary: 'Come back from a provider',
    description: 'The provider leads the browser here. It is signed in, or told why not.',
    query: wayBackSchema,
    errors: [],
    answer: 'redirect',
    async handle(call) {
      const { browser, params } = call;
      try {
        const { next, signedIn, problem } = await finishProvider(call.services, call.actor, {
          provider: params.id ?? '',
          browserToken: browser.flow,
          query: call.query,
        });
        if (signedIn) browser.keep(signedIn.session.token, signedIn.session.maxAgeSeconds);
        return goTo(call, problem ? tell(call, next, problem.error) : next);
      } catch (error) {
        return goTo(call, tell(call, '/sign-in', error));
      }
    },
  },
];

/** A person looks at this, not a program: the page where they end says in words what went wrong. */
function tell(call: Call, path: string, error: unknown): string {
  const isKnown = error instanceof SignalboxError;
  if (!isKnown) call.onTrouble(error);
  const { pathname, searchParams, hash } = new URL(path, 'http://any.invalid');
  searchParams.set('problem', isKnown ? error.code.toLowerCase() : 'internal');
  return `${pathname}?${searchParams}${hash}`;
}

function goTo({ browser }: Call, location: string): Answer {
  browser.forgetFlow();
  return { status: 303, text: '', contentType: 'text/plain; charset=utf-8', headers: { location } };
}
