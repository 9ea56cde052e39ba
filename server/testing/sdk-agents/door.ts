import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createHttpServer } from '#server/api/http/server.ts';
import { agentRoutes } from '#server/api/rest/agents.ts';
import { createLocalOwner } from '#server/identity/local-owner.ts';
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
    routes: agentRoutes,
    owner: createLocalOwner({ secret: SECRET, now: Date.now }),
    logger: pino({ level: 'silent' }),
    metrics: createMetrics(),
    isMetricsEnabled: false,
    maxBodyBytes: 10_000_000,
    // Agents use these two of them only.
    services: () => ({ agents: world.program().agents, record: () => undefined }) as unknown as Services,
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
