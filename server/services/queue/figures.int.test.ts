import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readEnv } from '#server/platform/env.ts';
import { createMetrics } from '#server/platform/metrics.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { type PrivateRabbitmq, startPrivateRabbitmq } from '#server/testing/private-rabbitmq.ts';
import { type App, compose } from '../../compose.ts';
import { listQueues } from './list.ts';

const PATIENCE = { timeout: 60_000, interval: 50 };

/** A second process on the same database. */
async function startBeside(settings: Record<string, string>) {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-beside-'));
  const env = readEnv({ ...settings, SIGNALBOX_DATA_DIR: dataDir, SIGNALBOX_ROLES: 'web' }, dataDir);
  const logger = pino({ level: 'silent' });
  const app = await compose({
    env,
    logger,
    metrics: createMetrics(),
    isWarm: false,
    onStep: () => undefined,
  });
  return { app, dataDir };
}

describe.each([['RabbitMQ'], ['queues of each process']])('the figures of a queue, over %s', (how) => {
  let rabbitmq: PrivateRabbitmq | undefined;
  let here: TestServer;
  let beside: { app: App; dataDir: string } | undefined;
  beforeAll(async () => {
    rabbitmq = how === 'RabbitMQ' ? await startPrivateRabbitmq() : undefined;
    const over: Record<string, string> = rabbitmq ? { RABBITMQ_URL: rabbitmq.url } : {};
    here = await startTestServer(over);
    beside = await startBeside({ ...over, DATABASE_URL: here.program.database.url });
  });
  afterAll(async () => {
    await beside?.app.stop();
    await here?.[Symbol.asyncDispose]();
    await rabbitmq?.close();
    await rm(beside?.dataDir ?? '', { recursive: true, force: true });
  });

  const seenBy = async ({ services }: Pick<App, 'services'>) =>
    (await listQueues(services, here.program.actor, { search: 'pull.lift' })).items[0];

  test('are the same whichever process is asked, and tell of tasks that another one gave out', async () => {
    const { call, program } = here;
    const { body: agent } = await call('/api/v1/agents/register', { name: 'crane', capabilities: ['lift'] });
    await call(`/api/v1/agents/${agent.id}/heartbeat`, {
      generation: agent.generation,
      beat: { in_flight: 0 },
    });
    for (let at = 0; at < 3; at += 1) await call('/api/v1/tasks', { type: 'lift' });
    const claim = { generation: agent.generation, max: 1, wait_ms: 20_000 };
    await call(`/api/v1/agents/${agent.id}/claim`, claim);
    await program.database
      .sql`UPDATE tasks SET ready_at = now() - interval '90 seconds' WHERE status = 'queued'`;
    for (const process of [program, beside as { app: App }]) {
      const services = 'app' in process ? process.app.services : program.services;
      await vi.waitFor(async () => {
        const queue = await seenBy({ services });
        expect(queue).toMatchObject({ queue: 'pull.lift', unacked: 1 });
        expect(queue?.oldestAgeMs).toBeGreaterThanOrEqual(90_000);
      }, PATIENCE);
    }
  });

  test('are nothing where nothing waits', async () => {
    const { services, actor } = here.program;
    const { items } = await listQueues(services, actor, { search: 'intent.task' });
    expect(items).toMatchObject([{ messages: 0, unacked: 0, oldestAgeMs: null }]);
  });
});
