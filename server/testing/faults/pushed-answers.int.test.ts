import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RunId } from '#server/domain/ids.ts';
import { type PrivateS3, startPrivateS3 } from '../private-s3.ts';
import { startTcpProxy, type TcpProxy } from '../tcp-proxy.ts';
import { type CalledAgent, createCalledAgent } from './called-agent.ts';
import type { BootOptions } from './protocol.ts';
import { createRig, type Rig } from './rig.ts';
import { until } from './until.ts';

const GRAPH = { stages: [{ key: 'large', type: 'large' }] };
const LARGE = 'x'.repeat(4096);

let s3: PrivateS3;
let spoolFolder: string;
let rig: Rig;
let proxy: TcpProxy;
let agent: CalledAgent;
beforeAll(async () => {
  [s3, spoolFolder] = await Promise.all([startPrivateS3(), mkdtemp(join(tmpdir(), 'signalbox-pushed-'))]);
});
afterAll(async () => {
  await s3.close();
  await rm(spoolFolder, { recursive: true });
});
beforeEach(async () => {
  rig = await createRig();
  proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(s3.endpoint).port) });
  agent = await createCalledAgent(rig.sql, rig.newAgentId(), {
    ...{ capability: 'large', maxConcurrency: 10, output: LARGE },
    work: async () => undefined,
  });
});
afterEach(async () => {
  await rig[Symbol.asyncDispose]();
  await agent[Symbol.asyncDispose]();
  await proxy.close();
});

function boot(leaseMs: number): Partial<BootOptions> {
  const { endpoint: _direct, ...access } = s3;
  const { close: _close, ...rest } = access;
  const store = { ...rest, endpoint: `http://127.0.0.1:${proxy.port}`, spoolFolder };
  return { hasFleet: true, store, defaults: { leaseMs } };
}

const given = (runId: RunId) => agent.given.filter((task) => task.run_id === runId);

/** How often the result of a run's one task counted. */
async function results(runId: RunId): Promise<number> {
  const rows = await rig.sql<{ entries: { type: string }[] }[]>`
    SELECT entries FROM run_events WHERE run_id = ${runId.slice(4)}::text::uuid`;
  return rows.flatMap(({ entries }) => entries).filter(({ type }) => type === 'task.succeeded').length;
}

test.each([
  ['before its lease ends', 'lives on', 60_000],
  ['in the meantime', 'is killed', 3000],
])(
  'answers of a pushed agent wait for the object store; when it is back %s and the process %s, each counts once and no run is stuck',
  async (_when, how, leaseMs) => {
    const isKilled = how === 'is killed';
    const first = await rig.engine(boot(leaseMs));
    proxy.refuse(true);
    const runs: RunId[] = [];
    for (let nth = 0; nth < 5; nth += 1) runs.push(await rig.start(first, GRAPH));
    await until('all answers to wait', async () => {
      const { troubles } = await first.state();
      return troubles.filter((trouble) => trouble.includes('could not be stored')).length >= runs.length;
    });
    for (const runId of runs) expect(await rig.tasks(runId)).toMatchObject([{ status: 'running' }]);
    if (isKilled) await first.kill();
    proxy.refuse(false);
    if (isKilled) await rig.engine(boot(leaseMs));
    for (const runId of runs) {
      expect(await rig.ended(runId)).toBe('succeeded');
      expect(await results(runId)).toBe(1);
      // What had been answered to a process that is gone is done again, and its loss is not charged.
      const tasks = await rig.tasks(runId);
      expect(tasks).toMatchObject([{ attempt: 1 }]);
      expect(given(runId).at(-1)?.epoch).toBe(tasks[0]?.epoch);
      if (!isKilled) expect(given(runId)).toHaveLength(1);
    }
    await rig.expectSound();
  },
);
