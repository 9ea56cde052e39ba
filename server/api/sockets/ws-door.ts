import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { SignalboxError } from '#server/domain/errors.ts';
import type { AgentNews, RunNews } from '#server/domain/live.ts';
import type { LiveFeed, LiveSession, LiveSink } from '#server/services/live/feed.ts';
import type { Gate } from '../http/gate.ts';
import type { Admission, Guest } from './admission.ts';
import { ENDS, type End } from './ends.ts';
import { textFrame } from './frames.ts';
import { createRate } from './rate.ts';
import { authSchema, readAsk, toAgentMessage, toMessages, toRefusal } from './ws-messages.ts';

export interface WsDoorOptions {
  admission: Admission;
  gate: Gate;
  feed(): LiveFeed | undefined;
  now(): number;
  onTrouble(message: string, error: unknown): void;
  authMs?: number;
}

export interface WsDoor {
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** The guest is let in by whoever checked the request. */
  stop(): Promise<void>;
}

export const MAX_MESSAGE_BYTES = 64 * 1024;
export const RATE = { perSecond: 20, burst: 100 };
const AUTH_MS = 5000;
const PING_MS = 25_000;
const CLOSING_MS = 1000;

/** `/ws`: JSON messages over a plain WebSocket. */
export function createWsDoor(options: WsDoorOptions): WsDoor {
  const wss = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: MAX_MESSAGE_BYTES,
    // It costs memory for each connection, and ours share their bytes.
    perMessageDeflate: false,
  });
  const encode = createEncoder(options.now);
  const pinger = setInterval(() => ping(wss.clients), PING_MS).unref();

  return {
    accept(request, socket, head) {
      const guest = options.admission.open(options.gate.addressOf(request));
      if (!guest) return refuseUpgrade(socket, 503, 'Too many connections. Try again later.');
      socket.once('close', guest.leave);
      wss.handleUpgrade(request, socket, head, (ws) =>
        serve({ ...options, request, ws, wire: socket, guest, encode }),
      );
    },
    async stop() {
      clearInterval(pinger);
      const open = [...wss.clients];
      await Promise.all(open.map((ws) => closeIn(ws, ENDS.stopping)));
      wss.close();
    },
  };
}

export function refuseUpgrade(socket: Duplex, status: 403 | 404 | 503, why: string): void {
  const words = { 403: 'Forbidden', 404: 'Not Found', 503: 'Service Unavailable' };
  const more = status === 503 ? 'Retry-After: 5\r\n' : '';
  socket.end(
    `HTTP/1.1 ${status} ${words[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n${more}Content-Length: ${Buffer.byteLength(why)}\r\n\r\n${why}`,
  );
}

const answered = new WeakMap<WebSocket, boolean>();

/** Who has not answered the last ping is gone. */
function ping(clients: ReadonlySet<WebSocket>): void {
  for (const ws of clients) {
    if (answered.get(ws) === false) ws.terminate();
    answered.set(ws, false);
    ws.ping();
  }
}

function closeIn(ws: WebSocket, { code, reason }: End): Promise<void> {
  return new Promise((resolve) => {
    ws.once('close', () => resolve());
    ws.close(code, reason);
    // Its close frame stands behind whatever it does not read.
    setTimeout(() => ws.terminate(), CLOSING_MS).unref();
  });
}

interface Encoder {
  runs(news: readonly RunNews[]): Buffer;
  agents(news: readonly AgentNews[]): Buffer;
  one(message: object): Buffer;
}

/** What many hear is written out once: for a piece of news, and for a list of them. */
function createEncoder(now: () => number): Encoder {
  const chunks = new WeakMap<object, Buffer>();
  const framesOf = (messages: readonly object[]): Buffer =>
    Buffer.concat(messages.map((message) => textFrame(JSON.stringify(message))));
  function once(key: object, make: () => Buffer): Buffer {
    const known = chunks.get(key) ?? make();
    chunks.set(key, known);
    return known;
  }
  const runChunk = (news: RunNews): Buffer => once(news, () => framesOf(toMessages(news, now())));
  return {
    runs: (news) =>
      news.length === 1 && news[0] ? runChunk(news[0]) : once(news, () => Buffer.concat(news.map(runChunk))),
    agents: (news) => once(news, () => framesOf(news.map(toAgentMessage))),
    one: (message) => framesOf([message]),
  };
}

interface Connection extends WsDoorOptions {
  request: IncomingMessage;
  ws: WebSocket;
  wire: Duplex;
  guest: Guest;
  encode: Encoder;
}

function serve(connection: Connection): void {
  const { ws, wire, guest, encode, now, onTrouble } = connection;
  const isWithinRate = createRate({ ...RATE, now });
  let session: LiveSession | undefined;
  /** It listens to everything because it has not said to what. */
  let isDefault = false;
  let isKnown = false;
  let isEnding = false;
  let turn = Promise.resolve();
  const timer = setTimeout(() => end(ENDS.silent), connection.authMs ?? AUTH_MS);

  const write = (chunk: Buffer): void => {
    if (ws.readyState === ws.OPEN) wire.write(chunk);
  };
  const say = (message: object): void => write(encode.one(message));
  const sink: LiveSink = {
    runs: (news) => write(encode.runs(news)),
    agents: (news) => write(encode.agents(news)),
    resumePoint: (token) => say({ type: 'resume_point', resume: token }),
    resync: (reason) => say({ type: 'resync', reason, timestamp: new Date(now()).toISOString() }),
    backlogBytes: () => wire.writableLength,
    tooSlow: () => end(ENDS.tooSlow),
  };

  function end(why: End): void {
    if (isEnding) return;
    isEnding = true;
    clearTimeout(timer);
    session?.close();
    void closeIn(ws, why);
  }

  async function signIn(message: unknown): Promise<void> {
    const auth = authSchema.safeParse(message);
    if (!auth.success) return end(ENDS.unauthenticated);
    clearTimeout(timer);
    const { from } = connection.gate.credentialsOf(connection.request, {
      cookieName: '',
      requestId: randomUUID(),
    });
    const found = await guest.signIn({ bearer: auth.data.token, from }, end);
    if ('code' in found) return end(found);
    const feed = connection.feed();
    if (!feed) return end(ENDS.stopping);
    if (ws.readyState !== ws.OPEN) return;
    isKnown = true;
    session = feed.open(found, sink);
    say({ type: 'ready' });
    const { targets } = auth.data;
    isDefault = targets === undefined;
    await attempt(undefined, () => session?.subscribe(targets ?? [{ everything: true }]));
  }

  async function handle(message: unknown): Promise<void> {
    // It came before we hung up, and its turn after.
    if (isEnding) return;
    if (!isKnown) return signIn(message);
    const ask = readAsk(message);
    if (!ask.success) {
      const { path, message: why } = ask.error.issues[0] ?? { path: [], message: 'is not understood' };
      const text = `The message does not fit. ${path.join('.')}${path.length > 0 ? ': ' : ''}${why}`;
      return say(toRefusal({ code: 'INVALID', message: text }, { id: undefined, nowMs: now() }));
    }
    const { type, id, targets } = ask.data;
    await attempt(id, async () => {
      if (type === 'unsubscribe') session?.unsubscribe(targets);
      else {
        if (isDefault) session?.unsubscribe([{ everything: true }]);
        isDefault = false;
        await session?.subscribe(targets);
      }
      say({ type: `${type}d`, ...(id === undefined ? {} : { id }) });
    });
  }

  async function attempt(id: string | undefined, act: () => Promise<void> | undefined): Promise<void> {
    try {
      await act();
    } catch (error) {
      const known = error instanceof SignalboxError ? error : undefined;
      if (!known) onTrouble('A subscription failed.', error);
      const neutral = { code: 'UNAVAILABLE', message: 'This cannot be done now. Try again.' } as const;
      say(toRefusal(known ?? neutral, { id, nowMs: now() }));
    }
  }

  ws.on('message', (data, isBinary) => {
    if (ws.readyState !== ws.OPEN) return;
    if (!isWithinRate()) return end(ENDS.tooMuch);
    const message = isBinary ? undefined : readObject(data);
    if (message === undefined) return end(ENDS.malformed);
    turn = turn.then(() => handle(message)).catch((error: unknown) => onTrouble('A message failed.', error));
  });
  ws.on('pong', () => answered.set(ws, true));
  // Such as a frame that breaks the protocol: ws answers and closes by itself.
  ws.on('error', () => undefined);
  ws.on('close', () => {
    clearTimeout(timer);
    session?.close();
    guest.leave();
  });
}

function readObject(data: RawData): object | undefined {
  try {
    const parsed: unknown = JSON.parse(data.toString());
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
