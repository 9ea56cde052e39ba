import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createGate, type GateOptions } from '#server/api/http/gate.ts';
import { createHttpServer } from '#server/api/http/server.ts';
import { restRoutes } from '#server/api/rest/routes.ts';
import type { TestApp } from './app.ts';

export interface Reply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it as they like
  body: any;
  headers: Headers;
}

export interface TestDoor extends AsyncDisposable {
  origin: string;
  /** Sends JSON under `/api/v1`; the method is POST where there is a body. */
  call(
    path: string,
    request?: { method?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<Reply>;
  /** As programs on this machine do. */
  asOwner: Record<string, string>;
}

/** The doors of a test's program, on a port of their own. */
export async function openTestDoor(program: TestApp, gate: GateOptions = {}): Promise<TestDoor> {
  const server = createHttpServer({
    routes: restRoutes,
    gate: createGate(gate),
    logger: pino({ level: 'silent' }),
    metrics: program.metrics,
    isDev: false,
    isMetricsEnabled: true,
    maxBodyBytes: 1_000_000,
    services: () => program.services,
    pages: () => undefined,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    asOwner: { authorization: `Bearer ${program.secret}` },
    async call(path, { method, body, headers = {} } = {}) {
      const response = await fetch(`${origin}${path.startsWith('/') ? '' : '/api/v1/'}${path}`, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        redirect: 'manual',
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: parse(text), headers: response.headers };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
