import { once } from 'node:events';
import { vi } from 'vitest';
import { WebSocket } from 'ws';

export interface WsMessage {
  type: string;
  [field: string]: unknown;
}

/** A client of `/ws` as anybody would write it, which remembers what it was told. */
export interface WsClient {
  messages: WsMessage[];
  socket: WebSocket;
  send(message: object): void;
  /** Cuts the line without a word. */
  cut(): Promise<void>;
  closed: Promise<{ code: number; reason: string }>;
}

export interface WsClientOptions {
  origin: string;
  token: string;
  /** Left out: the server's default, which is everything. */
  targets?: object[];
  onMessage?(message: WsMessage): void;
}

export async function connectWs(options: WsClientOptions): Promise<WsClient> {
  const { origin, token, targets, onMessage } = options;
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/ws`);
  const messages: WsMessage[] = [];
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  socket.on('message', (data) => {
    const message = JSON.parse(data.toString()) as WsMessage;
    messages.push(message);
    onMessage?.(message);
  });
  await once(socket, 'open');
  socket.on('error', () => undefined);
  const send = (message: object): void => socket.send(JSON.stringify(message));
  send({ type: 'auth', token, ...(targets === undefined ? {} : { targets }) });
  return {
    ...{ messages, socket, closed, send },
    async cut() {
      socket.terminate();
      await closed;
    },
  };
}

/** With what the server answers who asks for a socket: 101 lets in. A door that opens by mistake is seen at once. */
export function knock(url: string, origin?: string): Promise<number | undefined> {
  const socket = new WebSocket(url, origin === undefined ? {} : { origin });
  return new Promise((resolve, reject) => {
    socket.once('unexpected-response', (request, { statusCode }) => {
      request.destroy();
      resolve(statusCode);
    });
    socket.once('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('error', reject);
  });
}

/** The numbers of a run's events among these, in the order they came. */
export function eventNumbers(messages: readonly WsMessage[], runId: string): number[] {
  return messages
    .filter(({ type, run_id, event }) => run_id === runId && type !== 'error' && typeof event === 'string')
    .map(({ seq }) => Number(seq));
}

/** Until the client has been told such a message. */
export function untilTold(client: WsClient, fields: object): Promise<WsMessage> {
  return vi.waitFor(
    () => {
      const found = client.messages.find((message) =>
        Object.entries(fields).every(([name, value]) => message[name] === value),
      );
      if (!found) throw new Error(`not among ${JSON.stringify(client.messages.slice(-5))}`);
      return found;
    },
    { timeout: 25_000, interval: 20 },
  );
}
