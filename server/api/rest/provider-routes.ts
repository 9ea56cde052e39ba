import { z } from 'zod';
import { SignalboxError } from '#server/domain/errors.ts';
import { FLOW_SECONDS } from '#server/identity/flows.ts';
import { parseInput } from '#server/services/parse-input.ts';
import { beginProvider } from '#server/services/session/begin-provider.ts';
import { finishProvider } from '#server/services/session/finish-provider.ts';
import type { Answer, Call, Route } from '../http/router.ts';

const beginBody = z.strictObject({
  next: z.string().optional(),
  invitation: z.string().optional(),
  link: z.boolean().optional(),
  current_password: z.string().optional(),
});

/**
 * Going to a provider and coming back. No operations: the one is of use to a browser only, and the other is called by
 * nobody but the provider's page.
 */
export const providerRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/api/v1/auth/providers/{id}/start',
    isOpen: true,
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
    async handle(call) {
      const { browser, params } = call;
      try {
        const { next, signedIn } = await finishProvider(call.services, call.actor, {
          provider: params.id ?? '',
          browserToken: browser.flow,
          query: call.query,
        });
        if (signedIn) browser.keep(signedIn.session.token, signedIn.session.maxAgeSeconds);
        return goTo(call, next);
      } catch (error) {
        // A person looks at this, not a program: the sign-in page says it in words.
        const isKnown = error instanceof SignalboxError;
        if (!isKnown) call.onTrouble(error);
        return goTo(call, `/sign-in?problem=${isKnown ? error.code.toLowerCase() : 'internal'}`);
      }
    },
  },
];

function goTo({ browser }: Call, location: string): Answer {
  browser.forgetFlow();
  return { status: 303, text: '', contentType: 'text/plain; charset=utf-8', headers: { location } };
}
