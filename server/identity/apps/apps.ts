import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Sql } from '#db/client.ts';
import { invalid } from '#server/domain/errors.ts';
import { createLruMap } from '#server/domain/graph/lru-map.ts';
import type { AppId } from '#server/domain/ids.ts';
import type { SafeFetch } from '#server/platform/safe-fetch.ts';
import { SCOPES, type Scope } from '../permissions.ts';
import { type ClientMetadata, createClients, type RegistrationError, readRegistration } from './clients.ts';
import { type Connections, createConnections } from './connections.ts';
import { findResource, type IssuerAt } from './issuer.ts';
import { loadLibrary } from './library.ts';
import { OWN_PLACE, type ProtectedPlace, type Reach } from './places.ts';
import { type AppServer, createAppServer } from './server.ts';

/** One issuer as one browser's cookies know it. */
export interface Place {
  issuer: string;
  cookie: string;
}

/** A program that waits to be let in. */
export interface AppRequest {
  id: string;
  clientId: string;
  name: string | null;
  redirectUri: string;
  scopes: Scope[];
  /** Where it would count. */
  reach: Reach;
  path: string;
}

/** Programs that people let in from their browser, by OAuth. */
export interface Apps extends Pick<Connections, 'find' | 'create'> {
  readonly issuerAt: IssuerAt;
  /** The endpoints that the library serves. */
  answer(place: Place, request: IncomingMessage, response: ServerResponse): Promise<void>;
  register(place: Place, body: unknown): Promise<ClientMetadata | RegistrationError>;
  /** Undefined: it is over, or another browser's. */
  look(place: Place, asked: { id: string; shown: string | undefined }): Promise<AppRequest | undefined>;
  /** Where the browser goes on with the answer. `app` null: no. */
  decide(place: Place, answer: { id: string; app: AppId | null; scopes: readonly Scope[] }): Promise<string>;
}

export interface AppsOptions {
  sql: Sql;
  issuerAt: IssuerAt;
  fetch: SafeFetch;
  newUuid(): string;
  now(): number;
  /** What was remembered of a connection counts no more. */
  onEnded(id: AppId): Promise<void>;
  onTrouble(message: string, error: unknown): void;
}

/** Names under which a server is known at once: its public one, or those of loopback. */
const MAX_PLACES = 16;

export function createApps(options: AppsOptions): Apps {
  const { sql, issuerAt, now } = options;
  const connections = createConnections(options);
  const clients = createClients(sql);
  const servers = createLruMap<string, AppServer>(MAX_PLACES);

  async function serverAt({ issuer, cookie }: Place): Promise<AppServer> {
    const found = servers.get(`${issuer} ${cookie}`);
    if (found) return found;
    const made = createAppServer(await loadLibrary(), {
      ...{ ...options, issuer, cookie, clients, isThere: connections.isThere },
      async endGrant(grantId, reason) {
        const ended = await connections.endByGrant(grantId, reason);
        if (ended) await options.onEnded(ended);
      },
    });
    servers.set(`${issuer} ${cookie}`, made);
    return made;
  }

  const waiting = async (place: Place, id: string) => {
    const { library } = await serverAt(place);
    return { library, request: await library.Interaction.find(id) };
  };

  /** Of a request that the library has let through: without a resource it is for the product's own tools. */
  function placeOf({ issuer }: Place, { resource }: { resource?: string }): ProtectedPlace {
    const found = resource === undefined ? undefined : findResource(resource, issuer, issuerAt);
    if (found === null) throw invalid('The request is for no place of this server.');
    return found?.place ?? OWN_PLACE;
  }

  return {
    ...{ find: connections.find, create: connections.create, issuerAt },
    answer: async (place, request, response) => (await serverAt(place)).answer(request, response),
    async register(place, body) {
      const client = readRegistration(body, now());
      if ('error' in client) return client;
      const { library } = await serverAt(place);
      try {
        // The library's own judgement of what it will be asked to serve.
        new library.Client(client);
      } catch (error) {
        const { error_description = 'it cannot be used' } = error as { error_description?: string };
        return { error: 'invalid_client_metadata', error_description };
      }
      await clients.keep(client);
      return client;
    },
    async look(place, { id, shown }) {
      if (shown !== id) return undefined;
      const { library, request } = await waiting(place, id);
      if (!request) return undefined;
      const { client_id: clientId, redirect_uri: redirectUri, scope = '' } = request.params;
      const { reach, path } = placeOf(place, request.params);
      const client = await library.Client.find(clientId);
      const words = new Set(scope.split(' '));
      const scopes = SCOPES.filter((each) => words.has(each));
      return client && { id, clientId, name: client.clientName ?? null, redirectUri, scopes, reach, path };
    },
    async decide(place, { id, app, scopes }) {
      const { library, request } = await waiting(place, id);
      if (!request) throw invalid('The request is over.');
      if (app === null) {
        request.result = { error: 'access_denied', error_description: 'whoever was asked said no' };
      } else {
        const {
          client_id: clientId,
          resource = `${place.issuer}${OWN_PLACE.path}`,
          scope = '',
        } = request.params;
        const grant = new library.Grant({ accountId: app, clientId });
        const isGiven = (word: string) => (scopes as readonly string[]).includes(word);
        const words = scope.split(' ');
        grant.addResourceScope(resource, words.filter(isGiven).join(' '));
        grant.rejectResourceScope(resource, words.filter((word) => !isGiven(word)).join(' '));
        request.result = { login: { accountId: app }, consent: { grantId: await grant.save() } };
        await clients.allowed(clientId);
      }
      await request.save(Math.max(1, request.exp - Math.floor(now() / 1000)));
      return request.returnTo;
    },
  };
}
