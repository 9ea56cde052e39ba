import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Agent, type Client, startAgent, TaskFailure } from '../../../sdk/typescript/index.mjs';
import { type PrivateRedis, startPrivateRedis } from '../private-redis.ts';
import { createKillRig, type KillRig } from './kill-rig.ts';

/**
 * Two real servers on one Postgres and no RabbitMQ: the queues of each are in its own memory. An agent that asks one of
 * them gets what was put into those of the other all the same.
 */
let redis: PrivateRedis;
beforeAll(async () => {
  redis = await startPrivateRedis();
});
afterAll(() => redis.close());

const step = (name: string) => ({ name, type: 'step', retry: { maxAttempts: 2, initialSeconds: 0.5 } });
const PIPELINE = {
  stages: [step('one'), step('two')],
  dependencies: [{ from: 0, to: 1 }],
};

async function openRig(settings: Record<string, string>): Promise<KillRig> {
  const rig = await createKillRig(settings);
  onTestFinished(() => rig[Symbol.asyncDispose]());
  return rig;
}

const urlOf = (rig: KillRig) => ({ url: rig.env.SIGNALBOX_URL ?? '', token: rig.env.SIGNALBOX_TOKEN ?? '' });

/** Fails the first attempt at each task, so that a coordinator hands it out a second time when its moment comes. */
async function serveSteps(connection: { url: string; token: string }): Promise<Agent> {
  const agent = await startAgent({
    ...connection,
    name: 'stepper',
    handlers: {
      step({ stage, attempt }) {
        if (attempt === 1) throw new TaskFailure(`The first attempt at ${stage} fails.`);
        return `${stage} done`;
      },
    },
    onTrouble: () => undefined,
  });
  onTestFinished(async () => void (await agent.stop()));
  return agent;
}

async function runBy(starter: Client): Promise<{ id: string; outputs: unknown[] }> {
  const { id } = await starter.pipelines.create({ ...PIPELINE, name: `steps ${randomUUID()}` });
  const run = await starter.runs.wait((await starter.runs.start(id)).id);
  expect(run.status).toBe('succeeded');
  return { id: run.id, outputs: run.stages.map(({ output }) => output) };
}

test.each(['without Redis', 'with Redis'])(
  'an agent gets what either of two servers has put into its queue, whichever it asks, %s',
  async (kind) => {
    const rig = await openRig(kind === 'with Redis' ? { REDIS_URL: redis.url } : {});
    await rig.startServer();
    const web = await rig.startBeside({ SIGNALBOX_ROLES: 'web' });
    for (const asked of [web.connection, urlOf(rig)]) {
      const agent = await serveSteps(asked);
      for (const starter of [rig.client, web.client]) {
        const { id, outputs } = await runBy(starter);
        expect(outputs).toEqual(['one done', 'two done']);
        await rig.expectAcceptedOnce(id, 2);
      }
      await agent.stop();
    }
  },
);

test('what lay in the queue of a server that was killed is given out by another', async () => {
  const rig = await openRig({});
  const first = await rig.startServer();
  const { id } = await rig.client.pipelines.create({ ...PIPELINE, name: 'steps' });
  // Known and away: what is for it is put into a queue.
  await (await serveSteps(urlOf(rig))).stop();
  const { id: runId } = await rig.client.runs.start(id);
  const { events } = await rig.client.runs.events(runId);
  expect(events.map(({ event }) => event.type)).toEqual(['run.started', 'task.queued']);
  const other = await rig.startBeside({});
  first.kill('SIGKILL');
  await first.exited;
  await serveSteps(other.connection);
  expect((await other.client.runs.wait(runId)).status).toBe('succeeded');
  await rig.expectAcceptedOnce(runId, 2);
});
