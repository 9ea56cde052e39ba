import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createGate, type GateOptions } from '#server/api/http/gate.ts';
import type { Route } from '#server/api/http/router.ts';
import { createHttpServer } from '#server/api/http/server.ts';
import { apiRoutes } from '#server/api/routes.ts';
import { startTestApp, type TestApp } from './app.ts';

export interface HttpAnswer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read into answers and say themselves what must be there
  body: any;
}

export interface Asked {
  method?: string;
  /** JSON; makes it a POST where no method is named. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface TestDoors extends AsyncDisposable {
  server: Server;
  origin: string;
  /** With these headers and no others: as a stranger, if they show nothing. */
  ask(path: string, asked?: Asked): Promise<HttpAnswer>;
}

export interface TestServer extends TestDoors {
  program: TestApp;
  /** Sent with every call: it signs in as the owner. */
  secret: string;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** JSON there and back; a body makes it a POST. */
  call(path: string, body?: object, init?: RequestInit): Promise<HttpAnswer>;
}

/** How the doors of a test differ from others. */
export interface DoorOptions {
  port?: number;
  /** By which callers know it: passkeys are bound to a name. */
  name?: 'localhost';
  maxBodyBytes?: number;
  /** Left out: those of the product. */
  routes?: readonly Route[];
}

/** The doors of a program that a test has already. */
export async function openTestDoors(
  program: TestApp,
  gate: GateOptions = {},
  { port = 0, name, maxBodyBytes = 1_000_000, routes = apiRoutes }: DoorOptions = {},
): Promise<TestDoors> {
  const server = createHttpServer({
    routes,
    gate: createGate(gate),
    logger: pino({ level: 'silent' }),
    metrics: program.metrics,
    isDev: false,
    isMetricsEnabled: true,
    maxBodyBytes,
    services: () => program.services,
    pages: () => undefined,
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://${name ?? '127.0.0.1'}:${(server.address() as AddressInfo).port}`;
  return {
    server,
    origin,
    ask: askAt(origin),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Of doors by one of their names. */
export function askAt(origin: string): TestDoors['ask'] {
  return async (path, { method, body, headers = {} } = {}) => {
    const isJson = body !== undefined;
    const response = await fetch(`${origin}${path}`, {
      method: method ?? (isJson ? 'POST' : 'GET'),
      headers: { ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers },
      redirect: 'manual',
      ...(isJson ? { body: JSON.stringify(body) } : {}),
    });
    return read(response);
  };
}

/** The whole program with its doors, on a port of its own. */
export async function startTestServer(
  settings: Record<string, string> = {},
  options: DoorOptions = {},
): Promise<TestServer> {
  const program = await startTestApp(settings);
  const doors = await openTestDoors(program, {}, options);
  const { secret } = program;
  const send: TestServer['fetch'] = (path, init = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${secret}`);
    return fetch(`${doors.origin}${path}`, { ...init, headers });
  };
  return {
    ...doors,
    program,
    secret,
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
      return read(response);
    },
    async [Symbol.asyncDispose]() {
      await doors[Symbol.asyncDispose]();
      await program[Symbol.asyncDispose]();
    },
  };
}

async function read(response: Response): Promise<HttpAnswer> {
  const text = await response.text();
  const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '') && text !== '';
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
