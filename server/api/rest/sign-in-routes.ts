import { z } from 'zod';
import { SignalboxError } from '#server/domain/errors.ts';
import {
  beginConnectionSignIn,
  CALLBACK_PATH,
  CLIENT_DOCUMENT_PATH,
  clientDocumentAt,
  clientMetadata,
  finishConnectionSignIn,
} from '#server/services/mcp/sign-in.ts';
import type { Answer } from '../http/router.ts';
import type { BrowserRoute } from './browser-route.ts';
import { wayBackSchema, wayOutSchema } from './provider-routes.ts';

const clientSchema = z.object({
  client_id: z.string().describe('The address of this document.'),
  client_name: z.string(),
  client_uri: z.string(),
  redirect_uris: z.array(z.string()),
  grant_types: z.array(z.string()),
  response_types: z.array(z.string()),
  token_endpoint_auth_method: z.string(),
  application_type: z.string(),
});

/**
 * Going to the authorization server of an MCP server and coming back, and what such servers read of us. No operations:
 * they are of use to browsers, and to nobody but those servers.
 */
export const signInRoutes: readonly BrowserRoute[] = [
  {
    method: 'POST',
    path: '/api/v1/mcp/connections/{id}/sign-in',
    name: 'mcp.startSignIn',
    summary: 'Begin to sign in at the server of an MCP connection',
    description: 'For a browser with a session: what comes back counts in the same one only.',
    errors: ['NOT_FOUND', 'CONFLICT'],
    answer: wayOutSchema,
    async handle({ services, actor, params, browser }) {
      const body = await beginConnectionSignIn(services, actor, {
        ...{ id: params.id ?? '', origin: browser.origin },
      });
      return { status: 200, body };
    },
  },
  {
    method: 'GET',
    path: CALLBACK_PATH,
    rate: 'writes',
    isForPeople: true,
    name: 'mcp.finishSignIn',
    summary: 'Come back from the authorization server of an MCP connection',
    query: wayBackSchema,
    errors: [],
    answer: 'redirect',
    async handle({ services, actor, query, onTrouble }) {
      try {
        return goTo(`/connections/${await finishConnectionSignIn(services, actor, query)}`);
      } catch (error) {
        if (error instanceof SignalboxError && error.code === 'FORBIDDEN') throw error;
        // A person looks at this, not a program: the page says it in words.
        if (!(error instanceof SignalboxError)) onTrouble(error);
        return goTo('/connections?sign_in=failed');
      }
    },
  },
  {
    method: 'GET',
    path: CLIENT_DOCUMENT_PATH,
    isOpen: true,
    name: 'mcp.client',
    summary: 'Read what Signalbox says of itself to authorization servers',
    errors: ['NOT_FOUND'],
    answer: clientSchema,
    async handle({ browser: { origin } }) {
      const address = clientDocumentAt(origin);
      if (address === null) throw notReadable();
      return {
        status: 200,
        headers: { 'cache-control': 'public, max-age=3600' },
        body: { client_id: address, ...clientMetadata(origin) },
      };
    },
  },
];

const notReadable = () =>
  new SignalboxError('NOT_FOUND', 'Under this address Signalbox has no document for authorization servers.', {
    advice:
      'It has one under an https address in SIGNALBOX_PUBLIC_URL that is not of this machine alone; without one it registers with them.',
  });

const goTo = (location: string): Answer => ({
  ...{ status: 303, text: '', contentType: 'text/plain; charset=utf-8' },
  headers: { location, 'referrer-policy': 'no-referrer' },
});
