import { once } from 'node:events';
import { join } from 'node:path';
import { createGate } from '#server/api/http/gate.ts';
import { createHttpServer, portOf } from '#server/api/http/server.ts';
import { apiRoutes } from '#server/api/routes.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { localOriginOf, readLiveLock, takeDataLock } from '#server/platform/data-lock.ts';
import { findEmbeddedUrl } from '#server/platform/embedded-postgres.ts';
import type { Env } from '#server/platform/env.ts';
import { createLogger } from '#server/platform/logger.ts';
import { createMetrics } from '#server/platform/metrics.ts';
import { readOrCreateSecret } from '#server/platform/secret-file.ts';
import { compose } from '../../compose.ts';

/** A Signalbox that takes work: the running one, or one that is started for as long as this program needs it. */
export interface Installation {
  origin: string;
  /** The data folder's secret: whoever can read it is the owner. */
  token: string;
  databaseUrl: string;
  close(): Promise<void>;
}

export async function openInstallation(env: Env): Promise<Installation> {
  const holder = readLiveLock(env.dataDir);
  const token = readOrCreateSecret(join(env.dataDir, 'api-secret'));
  if (holder === undefined) return startInstallation(env, token);
  const databaseUrl = env.databaseUrl ?? findEmbeddedUrl(env.dataDir);
  const origin = localOriginOf(holder);
  const isReady = origin !== undefined && (await answersReady(origin));
  if (databaseUrl === null || !isReady) {
    throw new SignalboxError('UNAVAILABLE', `The Signalbox of ${env.dataDir} runs and takes no work yet.`, {
      advice: `Wait until it says that it is ready, or stop it (process ${holder.pid}).`,
    });
  }
  return { origin, token, databaseUrl, close: async () => undefined };
}

const answersReady = (origin: string): Promise<boolean> =>
  fetch(`${origin}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );

/** The whole program but its pages, on a port of this machine that nobody knows. */
async function startInstallation(env: Env, token: string): Promise<Installation> {
  const lock = takeDataLock(env.dataDir, { port: 0, now: Date.now() });
  if ('holder' in lock) throw new SignalboxError('CONFLICT', 'A Signalbox is just being started here.');
  const logger = createLogger('error');
  const metrics = createMetrics();
  const roles = new Set(['web', 'coordinator', 'agents'] as const);
  try {
    const app = await compose({ env: { ...env, roles }, logger, metrics, onStep: console.log });
    const server = createHttpServer({
      ...{ routes: apiRoutes, logger, metrics, isDev: false, isMetricsEnabled: false },
      gate: createGate({ publicUrl: undefined, trustedProxies: env.trustedProxies }),
      maxBodyBytes: env.payloadMaxBytes,
      services: () => app.services,
      pages: () => undefined,
    });
    server.listen({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    return {
      origin: `http://127.0.0.1:${portOf(server)}`,
      token,
      databaseUrl: env.databaseUrl ?? findEmbeddedUrl(env.dataDir) ?? '',
      async close() {
        server.close();
        server.closeAllConnections();
        await app.stop();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
