import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countCalls } from './ledger.ts';
import { chain } from './random-graphs.ts';
import { createRig, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

describe('a coordinator that is killed', () => {
  test('F03 between deciding and committing leaves no trace, and the caller who asks again gets one run', async () => {
    const agentId = rig.newAgentId();
    const versionId = await rig.version(chain(3));
    const order = { versionId, key: 'F03', runId: rig.newRunId() };
    const first = await rig.engine({ agentId });
    await first.killAt('before-commit');
    expect(await rig.startOnce(first, order)).toBeNull();
    await first.exited;
    expect(await rig.status(order.runId)).toBeNull();

    const second = await rig.engine({ agentId });
    expect(await rig.startOnce(second, order)).toBe(order.runId);
    expect(await rig.startOnce(second, { ...order, runId: rig.newRunId() })).toBe(order.runId);
    expect(await rig.ended(order.runId)).toBe('succeeded');
    expect(await countCalls(rig.sql, order.runId)).toBe(3);
    await rig.expectSound();
    await second.kill();
  });
});
