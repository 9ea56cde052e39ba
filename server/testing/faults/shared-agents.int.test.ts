import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_ORG_ID, type RunId, taskId, toUuid } from '#server/domain/ids.ts';
import { isRunSuccess } from '#server/domain/statuses.ts';
import { type PrivateRedis, startPrivateRedis } from '../private-redis.ts';
import { type CalledAgent, createCalledAgent } from './called-agent.ts';
import type { EngineChild } from './engine-child.ts';
import { createRig, type Rig } from './rig.ts';
import { until } from './until.ts';

let rig: Rig;
let redis: PrivateRedis;
beforeAll(async () => {
  [rig, redis] = await Promise.all([createRig(), startPrivateRedis()]);
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await redis.close();
});

/** Long enough that nobody loses a lease in these tests, however busy the machine is. */
const PATIENT = { hasFleet: true, defaults: { leaseMs: 120_000 } };
const one = (capability: string) => ({ stages: [{ key: 'only', type: capability }] });

const statusOf = async (runId: RunId): Promise<string | undefined> => (await rig.tasks(runId))[0]?.status;
const untilStatus = (runId: RunId, status: string) =>
  until(`${runId} to be ${status}`, async () => (await statusOf(runId)) === status);

/** The agent's answer, at the door of that process. */
function answer(door: EngineChild, agent: CalledAgent, runId: RunId) {
  const from = { agentId: agent.id, orgId: DEFAULT_ORG_ID };
  return door.report(from, [{ type: 'succeeded', task_id: taskId(runId, 0), epoch: 1, output: null }]);
}

async function seats(agent: CalledAgent): Promise<number> {
  const rows = await rig.sql`SELECT FROM agent_seats WHERE agent_id = ${toUuid(agent.id)}::text::uuid`;
  return rows.length;
}

describe('an agent that several processes call', () => {
  test.each([
    ['over hot state', true],
    ['by its rows, when nobody says so', false],
  ])(
    'has room again for whoever handed out, %s, when another process has taken the answer',
    async (how, heard) => {
      const capability = heard ? 'heard' : 'unheard';
      await using agent = await createCalledAgent(rig.sql, rig.newAgentId(), {
        capability,
        maxConcurrency: 1,
      });
      // Then nothing but the word of the other process can tell it.
      const hot = heard ? { redisUrl: redis.url, rereadMs: 600_000 } : {};
      await using coordinator = await rig.engine({ ...PATIENT, ...hot });
      await using door = await rig.engine({ ...PATIENT, ...hot, coordinates: false });
      const runs: RunId[] = [];
      for (let nth = 0; nth < 4; nth += 1) runs.push(await rig.start(coordinator, one(capability)));
      for (const [nth, runId] of runs.entries()) {
        await untilStatus(runId, 'running');
        const rest = runs.slice(nth + 1);
        expect(await Promise.all(rest.map(statusOf)), how).toEqual(rest.map(() => 'ready'));
        await until('the agent to have it', async () => agent.given.length === nth + 1);
        expect(await answer(door, agent, runId)).toEqual([{ status: 'ok' }]);
        expect(await rig.ended(runId)).toBe('succeeded');
      }
      expect(agent.given.map((task) => task.run_id)).toEqual(runs);
      expect(await seats(agent)).toBe(0);
      await rig.expectSound();
    },
  );

  test('never has more than its limit, however many processes give it work at once', async () => {
    const capability = 'crowded';
    await using agent = await createCalledAgent(rig.sql, rig.newAgentId(), {
      capability,
      maxConcurrency: 2,
      work: () => sleep(20),
    });
    const options = { ...PATIENT, redisUrl: redis.url };
    await using first = await rig.engine(options);
    await using second = await rig.engine(options);
    const runs = await Promise.all(
      Array.from({ length: 60 }, (_, nth) => rig.start(nth % 2 ? first : second, one(capability))),
    );
    for (const runId of runs) expect(await rig.ended(runId, 60_000)).toBe('succeeded');
    expect(agent.given).toHaveLength(60);
    expect(agent.most()).toBeLessThanOrEqual(2);
    expect([...(await first.state()).troubles, ...(await second.state()).troubles]).toEqual([]);
    expect(await seats(agent)).toBe(0);
    await rig.expectSound();
  });

  test('of which a process that was killed had taken the only place is free again when the lease ends', async () => {
    const capability = 'orphaned';
    await using agent = await createCalledAgent(rig.sql, rig.newAgentId(), { capability, maxConcurrency: 1 });
    const lease = { hasFleet: true, redisUrl: redis.url, defaults: { leaseMs: 2000 } };
    const first = await rig.engine(lease);
    const held = await rig.start(first, one(capability));
    await untilStatus(held, 'running');
    expect(await seats(agent)).toBe(1);
    await first.kill();
    await using second = await rig.engine({ ...lease, defaults: { leaseMs: 10_000 } });
    // What the dead process gave is known to the living one: it gives nothing on top of it.
    const waiting = await rig.start(second, one(capability));
    await until('the task to be lost', async () => ((await rig.tasks(held))[0]?.losses ?? 0) >= 1);
    const from = { agentId: agent.id, orgId: DEFAULT_ORG_ID };
    // Whatever it is given from then on: on a slow machine a lease of the first process may end twice.
    let answered = 1;
    await until('both to be done', async () => {
      for (; answered < agent.given.length; answered += 1) {
        const { task_id, epoch } = agent.given[answered] as (typeof agent.given)[number];
        await second.report(from, [{ type: 'succeeded', task_id, epoch, output: null }]);
      }
      const statuses = await Promise.all([held, waiting].map((id) => rig.status(id)));
      return statuses.every((status) => status !== null && isRunSuccess(status));
    });
    for (const runId of [held, waiting]) expect(await rig.ended(runId)).toBe('succeeded');
    expect(await seats(agent)).toBe(0);
    await rig.expectSound();
  });
});
