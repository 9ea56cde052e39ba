import { randomUUID } from 'node:crypto';
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { Server, type Socket } from 'socket.io';
import { SignalboxError } from '#server/domain/errors.ts';
import {
  type LiveAnswer,
  type LiveToClient,
  type LiveToServer,
  liveTargetsSchema,
  type RunNews,
} from '#server/domain/live.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { LiveFeed, LiveSession, LiveSink } from '#server/services/live/feed.ts';
import { parseInput } from '#server/services/parse-input.ts';
import type { Gate } from '../http/gate.ts';
import type { Admission, Guest } from './admission.ts';
import { ENDS, type End } from './ends.ts';
import { createRate } from './rate.ts';
import { MAX_MESSAGE_BYTES, RATE } from './ws-door.ts';

export interface IoDoorOptions {
  server: HttpServer;
  admission: Admission;
  gate: Gate;
  cookieName(): string;
  feed(): LiveFeed | undefined;
  now(): number;
  onTrouble(message: string, error: unknown): void;
}

export interface IoDoor {
  stop(): Promise<void>;
}

interface SocketData {
  actor: Actor;
}
type LiveServer = Server<LiveToServer, LiveToClient, Record<string, never>, SocketData>;
type LiveSocket = Socket<LiveToServer, LiveToClient, Record<string, never>, SocketData>;

export const IO_PATH = '/socket.io';

/** Socket.IO for the panel. Rooms are not used by name: what a socket hears is known to its session alone. */
export function createIoDoor(options: IoDoorOptions): IoDoor {
  const { server, admission, gate, feed } = options;
  const guests = new WeakMap<IncomingMessage, Guest>();
  const io: LiveServer = new Server(server, {
    path: IO_PATH,
    serveClient: false,
    // No polling: it would tie a client to one process, and browsers send no origin with it.
    transports: ['websocket'],
    destroyUpgrade: false,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    connectTimeout: 10_000,
    allowRequest(request, answer) {
      try {
        gate.checkSocketSource(request);
      } catch (error) {
        return answer(error instanceof Error ? error.message : 'Refused.', false);
      }
      const guest = feed() ? admission.open(gate.addressOf(request)) : null;
      if (!guest) return answer('The server is full, starting or stopping. Try again later.', false);
      request.socket.once('close', guest.leave);
      guests.set(request, guest);
      answer(null, true);
    },
  });
  io.use((socket, next) => {
    signIn(socket, guests.get(socket.request), options)
      .then((end) => next(end ? Object.assign(new Error(end.reason), { data: end }) : undefined))
      .catch(next);
  });
  const group = createGroup(io);
  io.on('connection', (socket) => serve(socket, { ...options, group }));

  return {
    async stop() {
      group.flush();
      io.emit('ended', ENDS.stopping);
      io.disconnectSockets(true);
      io.engine.close();
    },
  };
}

async function signIn(
  socket: LiveSocket,
  guest: Guest | undefined,
  { gate, cookieName }: IoDoorOptions,
): Promise<End | undefined> {
  const { request } = socket;
  const { token } = socket.handshake.auth as { token?: unknown };
  const shown = gate.credentialsOf(request, { cookieName: cookieName(), requestId: randomUUID() });
  const given = {
    from: shown.from,
    bearer: typeof token === 'string' ? token.slice(0, 8192) : undefined,
    // The cookie counts only with an origin: without one it was no page of ours that sent it.
    session: request.headers.origin === undefined ? undefined : shown.session,
  };
  const found = (await guest?.signIn(given, (end) => endWith(socket, end))) ?? ENDS.unauthenticated;
  if ('code' in found) return found;
  socket.data.actor = found;
  return undefined;
}

function endWith(socket: LiveSocket, end: End): void {
  socket.emit('ended', end);
  socket.disconnect(true);
}

interface Group {
  add(socketId: string, news: readonly RunNews[]): void;
  flush(): void;
}

/** The same list for many sockets is written out once. One group at a time, so that no socket's order is changed. */
function createGroup(io: LiveServer): Group {
  let current: { news: readonly RunNews[]; ids: string[] } | undefined;
  function flush(): void {
    if (!current) return;
    const { news, ids } = current;
    current = undefined;
    io.to(ids).emit('run_news', news);
  }
  return {
    add(socketId, news) {
      if (current?.news !== news) flush();
      if (current) current.ids.push(socketId);
      else {
        current = { news, ids: [socketId] };
        queueMicrotask(flush);
      }
    },
    flush,
  };
}

function serve(socket: LiveSocket, options: IoDoorOptions & { group: Group }): void {
  const { group, feed, now, onTrouble } = options;
  const isWithinRate = createRate({ ...RATE, now });
  let pendingBytes = 0;
  socket.conn.on('packetCreate', ({ data }: { data?: string | Buffer }) => {
    pendingBytes += data?.length ?? 0;
  });
  // Handed to the socket, whose own count goes on from there.
  socket.conn.on('drain', () => {
    pendingBytes = 0;
  });
  const sink: LiveSink = {
    runs: (news) => group.add(socket.id, news),
    agents: (news) => inOrder(() => socket.emit('agent_news', news)),
    resumePoint: (token) => inOrder(() => socket.emit('resume_point', token)),
    resync: (reason) => inOrder(() => socket.emit('resync', reason)),
    backlogBytes: () => pendingBytes + socket.request.socket.writableLength,
    tooSlow: () => endWith(socket, ENDS.tooSlow),
  };
  function inOrder(emit: () => void): void {
    group.flush();
    emit();
  }
  const session = feed()?.open(socket.data.actor, sink);
  if (!session) return endWith(socket, ENDS.stopping);
  let turn = Promise.resolve();
  const inTurn = (targets: unknown, answer: unknown, act: Act): void => {
    turn = turn.then(async () => {
      const said = await attempt({ session, targets, act, onTrouble });
      group.flush();
      if (typeof answer === 'function') answer(said);
    });
  };

  socket.use((_, next) => {
    if (isWithinRate()) return next();
    endWith(socket, ENDS.tooMuch);
  });
  socket.on('subscribe', (targets, answer) => inTurn(targets, answer, (known) => session.subscribe(known)));
  socket.on('unsubscribe', (targets, answer) =>
    inTurn(targets, answer, async (known) => session.unsubscribe(known)),
  );
  socket.on('disconnect', () => session.close());
}

type Act = (targets: Parameters<LiveSession['subscribe']>[0]) => Promise<void>;

interface Attempt {
  session: LiveSession;
  targets: unknown;
  act: Act;
  onTrouble(message: string, error: unknown): void;
}

async function attempt({ targets, act, onTrouble }: Attempt): Promise<LiveAnswer> {
  try {
    await act(parseInput(liveTargetsSchema, targets));
    return { ok: true };
  } catch (error) {
    if (error instanceof SignalboxError) {
      const { code, message, advice } = error;
      return { ok: false, code, message, ...(advice === undefined ? {} : { advice }) };
    }
    onTrouble('A subscription failed.', error);
    return { ok: false, code: 'UNAVAILABLE', message: 'This cannot be done now. Try again.' };
  }
}
