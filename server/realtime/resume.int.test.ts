import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AgentHandler } from '#server/agents/agent.ts';
import type { GraphInput } from '#server/domain/graph/schema.ts';
import type { RunId } from '#server/domain/ids.ts';
import { createLiveRig, type LiveRig } from '#server/testing/live-rig.ts';
import { LIVE_TOKEN } from '#server/testing/live-web.ts';
import { connectWs, eventNumbers, type WsMessage } from '#server/testing/ws-client.ts';

const PATIENCE = { timeout: 60_000, interval: 20 };

/** The same numbers for the same seed, so that a failing loop can be run again. */
function createDice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const nap: AgentHandler = async (_, context) => {
  context.progress(0.5);
  await sleep(5);
  return null;
};

const CHAIN: GraphInput = {
  stages: Array.from({ length: 6 }, (_, at) => ({ key: `s${at}`, type: 'nap' })),
  dependencies: Array.from({ length: 5 }, (_, at) => ({ from: `s${at}`, to: `s${at + 1}` })),
};

/** Keeps what a client has to keep to resume: the last resume point, and by run the last number since. */
function createMemory() {
  const heard: WsMessage[] = [];
  let resume: string | undefined;
  let seen: Record<string, number> = {};
  return {
    heard,
    hear(message: WsMessage): void {
      heard.push(message);
      if (message.type === 'resume_point') {
        resume = String(message.resume);
        seen = {};
      }
      const isEvent = message.type === 'task_update' || message.type === 'pipeline_progress';
      if (isEvent && typeof message.event === 'string') seen[String(message.run_id)] = Number(message.seq);
    },
    target: () => ({ everything: true, ...(resume === undefined ? {} : { resume, seen }) }),
  };
}

describe.each([
  { name: 'hot state in the process', redis: false },
  { name: 'Redis between processes', redis: true },
])('over $name', ({ redis }) => {
  let rig: LiveRig;
  let dice = createDice(0);
  beforeAll(async () => {
    rig = await createLiveRig({
      handlers: { nap },
      webs: 2,
      redisUrl: redis ? process.env.REDIS_URL : undefined,
      // A tenth of all announcements is lost.
      loses: () => dice(10) === 0,
    });
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  const webAt = (at: number) => rig.webs[at % rig.webs.length]?.origin ?? '';

  async function startRuns(count: number): Promise<RunId[]> {
    return Promise.all(Array.from({ length: count }, () => rig.engine.start(CHAIN)));
  }

  async function expectEachOnce(heard: readonly WsMessage[], runs: readonly RunId[]): Promise<void> {
    for (const runId of runs) {
      const last = await rig.lastSeq(runId);
      expect(eventNumbers(heard, runId)).toEqual(Array.from({ length: last }, (_, at) => at + 1));
    }
  }

  test.each([1, 2, 3])(
    'who hears everything and is cut again and again misses nothing and hears nothing twice (seed %i)',
    async (seed) => {
      dice = createDice(seed);
      const memory = createMemory();
      const connect = () =>
        connectWs({
          origin: webAt(dice(2)),
          token: LIVE_TOKEN,
          targets: [memory.target()],
          onMessage: memory.hear,
        });
      const first = await connect();
      await vi.waitFor(
        () => expect(memory.heard.map(({ type }) => type)).toContain('resume_point'),
        PATIENCE,
      );
      await first.cut();
      const runs: RunId[] = [];
      for (let round = 0; round < 12; round += 1) {
        if (round < 8) runs.push(...(await startRuns(1 + dice(4))));
        const client = await connect();
        await sleep(dice(250));
        await client.cut();
      }
      await Promise.all(runs.map((runId) => rig.engine.ended(runId)));
      const last = await connect();
      await vi.waitFor(() => expectEachOnce(memory.heard, runs), PATIENCE);
      await last.cut();
      await rig.expectSound();
      expect(rig.troubles).toEqual([]);
    },
  );

  test.each([4, 5])(
    'who follows one run and is cut resumes after the last number (seed %i)',
    async (seed) => {
      dice = createDice(seed);
      const [runId] = await startRuns(1);
      if (!runId) throw new Error('no run');
      const heard: WsMessage[] = [];
      const after = () => eventNumbers(heard, runId).at(-1) ?? 0;
      const isOver = () => heard.some(({ event }) => event === 'run.succeeded');
      while (!isOver()) {
        const client = await connectWs({
          origin: webAt(dice(2)),
          token: LIVE_TOKEN,
          targets: [{ run_id: runId, after: after() }],
          onMessage: (message) => heard.push(message),
        });
        await sleep(20 + dice(80));
        await client.cut();
      }
      await expectEachOnce(heard, [runId]);
    },
  );

  test('who joins late hears of a run from the beginning when it asks for it', async () => {
    const [runId] = await startRuns(1);
    if (!runId) throw new Error('no run');
    await rig.engine.ended(runId);
    const client = await connectWs({
      origin: webAt(1),
      token: LIVE_TOKEN,
      targets: [{ run_id: runId, after: 0 }],
    });
    await vi.waitFor(() => expectEachOnce(client.messages, [runId]), PATIENCE);
    expect(client.messages.at(-1)).toMatchObject({
      ...{ type: 'pipeline_progress', status: 'succeeded', progress: 1, current_stage: null },
      completed_stages: [0, 1, 2, 3, 4, 5],
    });
    await client.cut();
  });
});
