import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_ORG_ID, taskId } from '#server/domain/ids.ts';
import { type PrivateRedis, startPrivateRedis } from '../private-redis.ts';
import { createCalledAgent } from './called-agent.ts';
import { chain } from './random-graphs.ts';
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

/** Decides on what it is told, has no agents and looks for nothing. */
const WEB = { coordinates: false, capabilities: [] };
const PATIENT = { defaults: { leaseMs: 120_000 } };
/** Never looks at the clock: what it does it has been told. */
const DEAF_TO_TIME = { ...PATIENT, sweepMs: 600_000 };

describe('a process without the coordinator', () => {
  test('wakes the one that has it for each run that it starts, and for many at once', async () => {
    const hot = { redisUrl: redis.url };
    await using worker = await rig.engine({ ...DEAF_TO_TIME, ...hot, capabilities: ['ledger'] });
    await using web = await rig.engine({ ...WEB, ...PATIENT, ...hot });
    const first = await rig.start(web, chain(3));
    expect(await rig.ended(first)).toBe('succeeded');
    const many = await Promise.all(Array.from({ length: 200 }, () => rig.start(web, chain(1))));
    for (const runId of many) expect(await rig.ended(runId, 60_000)).toBe('succeeded');
    for (const runId of [first, ...many.slice(0, 5)]) {
      for (const task of await rig.tasks(runId)) expect(task).toMatchObject({ epoch: 1, attempt: 1 });
    }
    expect([...(await worker.state()).troubles, ...(await web.state()).troubles]).toEqual([]);
    await rig.expectSound();
  });

  test('wakes it when an answer that came to its door makes the next stage ready', async () => {
    const hot = { redisUrl: redis.url };
    const agentId = rig.newAgentId();
    await using agent = await createCalledAgent(rig.sql, agentId, { capability: 'asked', maxConcurrency: 1 });
    await using _worker = await rig.engine({ ...DEAF_TO_TIME, ...hot, capabilities: ['ledger'] });
    await using web = await rig.engine({ ...WEB, ...PATIENT, ...hot, hasFleet: true });
    const runId = await rig.start(web, {
      stages: [
        { key: 'asked', type: 'asked' },
        { key: 'after', type: 'ledger' },
      ],
      dependencies: [{ from: 'asked', to: 'after' }],
    });
    const [task] = await until('the agent to have it', async () => agent.given.length > 0 && agent.given);
    const said = {
      type: 'succeeded' as const,
      task_id: taskId(runId, 0),
      epoch: task?.epoch ?? 0,
      output: 1,
    };
    expect(await web.report({ agentId, orgId: DEFAULT_ORG_ID }, [said])).toEqual([{ status: 'ok' }]);
    expect(await rig.ended(runId)).toBe('succeeded');
    await rig.expectSound();
  });

  test('starts runs that are done all the same when nobody hears of them', async () => {
    await using _worker = await rig.engine({ ...PATIENT, capabilities: ['ledger'] });
    await using web = await rig.engine({ ...WEB, ...PATIENT });
    const runs = await Promise.all(Array.from({ length: 5 }, () => rig.start(web, chain(1))));
    // They are looked at again when they have waited for `RECHECK_MS`.
    for (const runId of runs) expect(await rig.ended(runId, 60_000)).toBe('succeeded');
    await rig.expectSound();
  });
});
