import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AuthenticateSocket } from '#server/identity/socket-sign-in.ts';
import type { LiveFeed } from '#server/services/live/feed.ts';
import { sessionCookieName } from '../http/gate.ts';
import { portOf } from '../http/server.ts';
import { createAdmission, type OnSessionsChanged } from './admission.ts';
import { createIoDoor, IO_PATH } from './io-door.ts';
import { isOwnSource } from './source.ts';
import { createWsDoor, refuseUpgrade } from './ws-door.ts';

export interface SocketsOptions {
  server: Server;
  authenticate: AuthenticateSocket;
  limits: { max: number; perActor: number };
  /** Undefined until the process has started, and again once it stops. */
  feed(): LiveFeed | undefined;
  onSessionsChanged?: OnSessionsChanged;
  /** Somebody else on this server takes upgrades too: what is not ours is left to it. */
  isShared: boolean;
  now(): number;
  onTrouble(message: string, error: unknown): void;
  authMs?: number;
}

export interface Sockets {
  count(): number;
  /** Tells everybody to come again, and hangs up. */
  stop(): Promise<void>;
}

/** The doors for live events on the one HTTP server. */
export function attachSockets(options: SocketsOptions): Sockets {
  const { server, isShared } = options;
  const admission = createAdmission(options);
  let isStopping = false;
  const feed = () => (isStopping ? undefined : options.feed());
  const ws = createWsDoor({ ...options, admission, feed });
  const io = createIoDoor({
    ...options,
    admission,
    feed,
    cookieName: () => sessionCookieName(portOf(server)),
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const path = (request.url ?? '').split('?')[0];
    if (path?.startsWith(`${IO_PATH}/`)) return;
    if (path !== '/ws') {
      if (!isShared) refuseUpgrade(socket, 404, 'There is nothing to connect to here.');
      return;
    }
    socket.on('error', () => socket.destroy());
    if (!isOwnSource(request)) return refuseUpgrade(socket, 403, 'The request comes from another web site.');
    if (!feed()) return refuseUpgrade(socket, 503, 'The server is starting or stopping.');
    ws.accept(request, socket, head);
  });

  return {
    count: admission.count,
    async stop() {
      isStopping = true;
      admission.stop();
      await Promise.all([ws.stop(), io.stop()]);
    },
  };
}
