import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AuthenticateSocket } from '#server/identity/socket-sign-in.ts';
import type { LiveFeed } from '#server/services/live/feed.ts';
import type { Gate } from '../http/gate.ts';
import { portOf } from '../http/server.ts';
import { cookieNames } from '../http/session-cookie.ts';
import { type AdmissionServices, createAdmission, type OnSessionsChanged } from './admission.ts';
import { createIoDoor, IO_PATH } from './io-door.ts';
import { createWsDoor, refuseUpgrade } from './ws-door.ts';

export interface SocketsOptions {
  server: Server;
  gate: Gate;
  authenticate: AuthenticateSocket;
  limits: { max: number; perAddress: number };
  /** As with `feed`. */
  services(): AdmissionServices | undefined;
  /** Undefined until the process has started, and again once it stops. */
  feed(): LiveFeed | undefined;
  /** Somebody else on this server takes upgrades too: what is not ours is left to it. */
  isShared: boolean;
  now(): number;
  onTrouble(message: string, error: unknown): void;
  authMs?: number;
}

export interface Sockets {
  count(): number;
  /** Asks again who concerned connections are when rights change. */
  follow(onSessionsChanged: OnSessionsChanged): void;
  /** Tells everybody to come again, and hangs up. */
  stop(): Promise<void>;
}

/** The doors for live events on the one HTTP server. */
export function attachSockets(options: SocketsOptions): Sockets {
  const { server, gate, isShared } = options;
  const admission = createAdmission(options);
  let isStopping = false;
  const feed = () => (isStopping ? undefined : options.feed());
  const ws = createWsDoor({ ...options, admission, feed });
  const io = createIoDoor({
    ...options,
    admission,
    feed,
    cookieName: () => cookieNames({ port: portOf(server), isHttps: gate.isHttps }).session,
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const path = (request.url ?? '').split('?')[0];
    if (path?.startsWith(`${IO_PATH}/`)) return;
    if (path !== '/ws') {
      if (!isShared) refuseUpgrade(socket, 404, 'There is nothing to connect to here.');
      return;
    }
    socket.on('error', () => socket.destroy());
    try {
      gate.checkSocketSource(request);
    } catch (error) {
      return refuseUpgrade(socket, 403, error instanceof Error ? error.message : 'Refused.');
    }
    if (!feed()) return refuseUpgrade(socket, 503, 'The server is starting or stopping.');
    ws.accept(request, socket, head);
  });

  return {
    count: admission.count,
    follow: admission.follow,
    async stop() {
      isStopping = true;
      admission.stop();
      await Promise.all([ws.stop(), io.stop()]);
    },
  };
}
