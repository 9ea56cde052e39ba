import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what was sent.
  body: any;
}

export type Answer =
  | { status?: number; body?: unknown; headers?: Record<string, string> }
  /** The connection is cut without an answer. */
  | 'cut'
  /** The test writes the answer itself. */
  | ((response: ServerResponse) => void);

export interface ScriptedServer extends AsyncDisposable {
  url: string;
  asked: Asked[];
}

/** A server that answers as a test says: the trouble that a real one does not make when it is asked to. */
export async function startScriptedServer(
  answer: (asked: Asked, count: number) => Answer | Promise<Answer>,
): Promise<ScriptedServer> {
  const asked: Asked[] = [];
  const server: Server = createServer((request, response) => {
    void serve(request, response);
  });
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '', 'http://localhost');
    const text = Buffer.concat(chunks).toString('utf8');
    const one: Asked = {
      method: request.method ?? '',
      path: url.pathname.replace('/api/v1', ''),
      query: url.searchParams,
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    asked.push(one);
    const same = asked.filter(({ method, path }) => method === one.method && path === one.path).length;
    const given = await answer(one, same);
    if (given === 'cut') response.destroy();
    else if (typeof given === 'function') given(response);
    else {
      response.writeHead(given.status ?? 200, { 'content-type': 'application/json', ...given.headers });
      response.end(given.body === undefined ? '' : JSON.stringify(given.body));
    }
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Doors for one agent: what is not said is answered as by a server that has nothing to do. */
export function agentDoors(
  own: (word: string, asked: Asked, count: number) => Answer | undefined | Promise<Answer | undefined>,
): (asked: Asked, count: number) => Promise<Answer> {
  const orders = { order: 'serve', generation: 1 };
  return async (asked, count) => {
    const word = asked.path.split('/').at(-1) ?? '';
    const given = await own(word, asked, count);
    if (given !== undefined) return given;
    if (word === 'register') return { status: 201, body: { agent_id: 'agent_1', generation: 1 } };
    if (word === 'claim') {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { body: { tasks: [], orders } };
    }
    const ok = (reports: unknown[]) => reports.map(() => ({ status: 'ok' }));
    if (word === 'heartbeat') return { body: { ...orders, answers: ok(asked.body.tasks) } };
    return { body: { answers: ok(asked.body.reports) } };
  };
}

export const claimed = (...tasks: object[]): Answer => ({
  body: { tasks, orders: { order: 'serve', generation: 1 } },
});

export const task = (number: number, more: object = {}) => ({
  task_id: `task_${'a'.repeat(32)}_${number}`,
  run_id: `run_${'a'.repeat(32)}`,
  epoch: 1,
  attempt: 1,
  stage: 'work',
  capability: 'work',
  config: {},
  input: number,
  parameters: {},
  ...more,
});
