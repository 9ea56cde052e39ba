import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createHttpServer } from '#server/api/http/server.ts';
import { restRoutes } from '#server/api/rest/routes.ts';
import { createLocalOwner } from '#server/identity/local-owner.ts';
import type { TestApp } from './app.ts';

export const DOOR_SECRET = 'a-secret-of-this-test-0123456789';

export interface TestDoor extends AsyncDisposable {
  origin: string;
  /** Under `/api/v1`; with a body it is a POST. A text is sent as it stands. */
  call(path: string, body?: object | string): Promise<Answer>;
}

interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test says itself what it expects of an answer.
  body: any;
}

/** The HTTP server of the program, on a port of its own. */
export async function openTestDoor(program: TestApp, maxBodyBytes = 1_000_000): Promise<TestDoor> {
  const server = createHttpServer({
    routes: restRoutes,
    owner: createLocalOwner({ secret: DOOR_SECRET, now: Date.now }),
    logger: pino({ level: 'silent' }),
    metrics: program.metrics,
    isMetricsEnabled: true,
    maxBodyBytes,
    services: () => program.services,
    pages: () => undefined,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    call: callsTo(origin),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Calls as the owner. */
export function callsTo(origin: string): TestDoor['call'] {
  return async (path, body) => {
    const response = await fetch(`${origin}/api/v1${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${DOOR_SECRET}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? null : JSON.parse(text),
    };
  };
}
