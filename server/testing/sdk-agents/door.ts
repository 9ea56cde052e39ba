import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createGate } from '#server/api/http/gate.ts';
import { createHttpServer } from '#server/api/http/server.ts';
import { restRoutes } from '#server/api/rest/routes.ts';
import { LOCAL_OWNER } from '#server/identity/actor.ts';
import type { Credentials } from '#server/identity/identity.ts';
import { createMetrics } from '#server/platform/metrics.ts';
import type { Services } from '#server/services/context.ts';
import type { World } from '../agent-world.ts';

export interface Door extends AsyncDisposable {
  origin: string;
  token: string;
}

const SECRET = 'a-secret-of-this-test-0123456789';

/** The doors that agents come in by, before a world that has none. */
export async function openDoor(world: World): Promise<Door> {
  const server = createHttpServer({
    routes: restRoutes,
    gate: createGate({}),
    isDev: false,
    logger: pino({ level: 'silent' }),
    metrics: createMetrics(),
    isMetricsEnabled: false,
    maxBodyBytes: 10_000_000,
    services: () => servicesOf(world),
    pages: () => undefined,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: SECRET,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What the doors of agents use, and no more. */
function servicesOf(world: World): Services {
  return {
    agents: world.program().agents,
    identity: {
      authenticate: async ({ bearer }: Credentials) => (bearer === SECRET ? LOCAL_OWNER : undefined),
      access: { onChange: () => undefined },
    },
    record: async () => undefined,
    refusals: { note: async () => undefined },
  } as unknown as Services;
}
