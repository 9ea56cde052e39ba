import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Actor, LOCAL_OWNER } from '#server/identity/actor.ts';
import { readEnv } from '#server/platform/env.ts';
import { createMetrics, type Metrics } from '#server/platform/metrics.ts';
import { readOrCreateSecret } from '#server/platform/secret-file.ts';
import type { Services } from '#server/services/context.ts';
import { type App, compose } from '../compose.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';

export interface TestApp extends AsyncDisposable {
  app: App;
  services: Services;
  actor: Actor;
  metrics: Metrics;
  /** What programs on this machine show. */
  secret: string;
  database: TestDatabase;
  objectsFolder: string;
  dataDir: string;
}

/** The whole program without its doors, on a database of its own, with the built-in agents. */
export async function startTestApp(settings: Record<string, string> = {}): Promise<TestApp> {
  const database = await createTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-app-'));
  const env = readEnv({ DATABASE_URL: database.url, SIGNALBOX_DATA_DIR: dataDir, ...settings }, dataDir);
  const metrics = createMetrics();
  const logger = pino({ level: 'silent' });
  // Few tests have work for the data agents, and two processes of theirs cost more than all the rest of a start.
  const app = await compose({ env, logger, metrics, isWarm: false, onStep: () => undefined });
  return {
    app,
    services: app.services,
    actor: LOCAL_OWNER,
    metrics,
    secret: readOrCreateSecret(join(env.dataDir, 'api-secret')),
    database,
    objectsFolder: env.objectStore.kind === 'folder' ? env.objectStore.path : '',
    dataDir,
    async [Symbol.asyncDispose]() {
      await app.stop();
      await database[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
