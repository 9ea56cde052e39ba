import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createGraphCache } from '#db/queries/load-graph.ts';
import { openDoorDatabase } from '#db/tenant.ts';
import { createGate } from '#server/api/http/gate.ts';
import type { OnSessionsChanged } from '#server/api/sockets/admission.ts';
import { attachSockets, type Sockets } from '#server/api/sockets/sockets.ts';
import { LOCAL_OWNER } from '#server/identity/actor.ts';
import { createPlaces } from '#server/identity/limits/places.ts';
import type { AuthenticateSocket } from '#server/identity/socket-sign-in.ts';
import { createRelay, type Relay, type RelayOptions } from '#server/realtime/relay.ts';
import { PRESENCE } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';

export const LIVE_TOKEN = 'a-token-of-this-test';

export interface LiveWebOptions {
  databaseUrl: string;
  hot: HotState;
  relay?: Partial<RelayOptions> | undefined;
  limits?: { max: number; perActor: number; perAddress?: number } | undefined;
  authenticate?: AuthenticateSocket | undefined;
  onSessionsChanged?: OnSessionsChanged | undefined;
  authMs?: number | undefined;
  onTrouble(message: string, error: unknown): void;
}

/** The doors for live events of one process, and nothing else. */
export interface LiveWeb extends AsyncDisposable {
  origin: string;
  relay: Relay;
  server: Server;
  sockets: Sockets;
  /** Connections of the HTTP server, as it sees them. */
  wires: Set<Socket>;
}

/** They come from this machine, where nobody is limited. */
const ANY_TOKENS = { check: async () => null, countFailure: async () => undefined };

const OWNER = { actor: LOCAL_OWNER, askAgainAt: null };

export async function openLiveWeb(options: LiveWebOptions): Promise<LiveWeb> {
  const { databaseUrl, hot, onTrouble, onSessionsChanged, authMs } = options;
  const db = openDoorDatabase({ url: databaseUrl, applicationName: 'test', max: 4 });
  const relay = createRelay({
    services: {
      db,
      graphOf: createGraphCache(db.finder),
      presence: { list: () => hot.listPresent(PRESENCE.agents) },
    },
    ...{ hot, now: Date.now, onTrouble },
    ...options.relay,
  });
  const server = createServer((_, response) => response.writeHead(404).end());
  const wires = new Set<Socket>();
  server.on('connection', (wire) => {
    wires.add(wire);
    wire.once('close', () => wires.delete(wire));
  });
  const { max, perActor, perAddress = max } = options.limits ?? { max: 5000, perActor: 5000 };
  const places = createPlaces(perActor);
  const sockets = attachSockets({
    ...{ server, gate: createGate({}), now: Date.now, onTrouble },
    authenticate: options.authenticate ?? (async ({ bearer }) => (bearer === LIVE_TOKEN ? OWNER : null)),
    limits: { max, perAddress },
    services: () => ({ places, rates: { tokens: ANY_TOKENS } }),
    feed: () => relay,
    isShared: false,
    ...(authMs === undefined ? {} : { authMs }),
  });
  if (onSessionsChanged) sockets.follow(onSessionsChanged);
  server.listen({ port: 0, host: '127.0.0.1', backlog: 2048 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...{ origin: `http://127.0.0.1:${port}`, relay, server, sockets, wires },
    async [Symbol.asyncDispose]() {
      await sockets.stop();
      await relay.stop();
      server.closeAllConnections();
      server.close();
      await db.end({ timeout: 2 });
    },
  };
}
