import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createHttpServer } from '#server/api/http/server.ts';
import { restRoutes } from '#server/api/rest/routes.ts';
import { createLocalOwner } from '#server/identity/local-owner.ts';
import { startTestApp, type TestApp } from './app.ts';

const SECRET = 'a-secret-of-this-test-0123456789';

export interface HttpAnswer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read into answers and say themselves what must be there
  body: any;
}

export interface TestServer extends AsyncDisposable {
  program: TestApp;
  server: Server;
  origin: string;
  /** Sent with every call: it signs in as the owner. */
  secret: string;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** JSON there and back; a body makes it a POST. */
  call(path: string, body?: object, init?: RequestInit): Promise<HttpAnswer>;
}

/** The whole program with its doors, on a port of its own. */
export async function startTestServer(settings: Record<string, string> = {}): Promise<TestServer> {
  const program = await startTestApp(settings);
  const server = createHttpServer({
    routes: restRoutes,
    owner: createLocalOwner({ secret: SECRET, now: Date.now }),
    logger: pino({ level: 'silent' }),
    metrics: program.metrics,
    isMetricsEnabled: true,
    maxBodyBytes: 1_000_000,
    services: () => program.services,
    pages: () => undefined,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const send: TestServer['fetch'] = (path, init = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${SECRET}`);
    return fetch(`${origin}${path}`, { ...init, headers });
  };
  return {
    program,
    server,
    origin,
    secret: SECRET,
    fetch: send,
    async call(path, body, init = {}) {
      const headers = new Headers(init.headers);
      if (body) headers.set('content-type', 'application/json');
      const response = await send(path, {
        method: body ? 'POST' : 'GET',
        ...init,
        headers,
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      const text = await response.text();
      const isJson = /json/.test(response.headers.get('content-type') ?? '');
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await program[Symbol.asyncDispose]();
    },
  };
}
