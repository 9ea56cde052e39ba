import { describe, expect, test } from 'vitest';
import { DEFAULT_ORG_ID } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { PAYLOAD_NAME } from '#server/domain/payload-ref.ts';
import { eventually, openWorld } from '#server/testing/agent-world.ts';
import { joinByPull, joinByPush } from '#server/testing/scripted-agents.ts';
import type { WholeAssignments } from '../whole-assignments.ts';

const REF = {
  $object: 'a'.repeat(64),
  bytes: 600,
  contentType: 'application/json',
  name: PAYLOAD_NAME,
} as const;
const GRAPH = { stages: [{ key: 'work', type: 'weigh' }] };
const VALUE = { large: 'value' };

/** What the object store brings, as a test has it. */
function openStore() {
  const store = { isAway: false, isLost: false, asked: 0 };
  const isLarge = (input: Json) => typeof input === 'object' && input !== null && '$object' in input;
  const whole: WholeAssignments = {
    maxBytes: 1000,
    bytesBehind: ({ input }) => (isLarge(input) ? REF.bytes : 0),
    async fill(assignment) {
      if (!isLarge(assignment.input)) return { ok: true, assignment };
      store.asked += 1;
      if (store.isAway) throw new Error('away');
      if (!store.isLost) return { ok: true, assignment: { ...assignment, input: VALUE } };
      return {
        ok: false,
        error: { class: 'invalid-input', code: 'INPUT_UNREADABLE', message: 'It is gone.' },
      };
    },
  };
  return { store, whole };
}

const script = {
  name: 'weigher',
  capability: 'weigh',
  concurrency: 4,
  handle: async ({ input }: { input: Json }) => input,
};

describe.each([
  ['called over HTTP', joinByPush],
  ['that comes for its work', joinByPull],
])('an agent %s', (_how, join) => {
  test('is given large values whole', async () => {
    const world = await openWorld({ agents: { whole: openStore().whole } });
    const agent = await join(world, script);
    const run = await world.startRun(GRAPH, REF);
    expect(await world.untilOver(run)).toBe('succeeded');
    expect((await world.task(run))?.output).toEqual(VALUE);
    await agent.vanish();
  });

  test('loses no attempt to a store that is away', async () => {
    const { store, whole } = openStore();
    store.isAway = true;
    const world = await openWorld({ agents: { whole } });
    const agent = await join(world, script);
    const run = await world.startRun(GRAPH, REF);
    await eventually(() => expect(store.asked).toBeGreaterThan(0));
    store.isAway = false;
    expect(await world.untilOver(run)).toBe('succeeded');
    expect(await world.task(run)).toMatchObject({ output: VALUE, attempt: 1, losses: 0 });
    await agent.vanish();
  });

  test('is not blamed for a value that is gone: the task fails with that sentence', async () => {
    const { store, whole } = openStore();
    store.isLost = true;
    const world = await openWorld({ agents: { whole } });
    const agent = await join(world, script);
    const run = await world.startRun(GRAPH, REF);
    expect(await world.untilOver(run)).toBe('failed');
    expect((await world.task(run))?.error).toMatchObject({ class: 'invalid-input', message: 'It is gone.' });
    await agent.vanish();
  });
});

test('one answer to a claim brings no more large values than may be in one', async () => {
  const world = await openWorld({ agents: { whole: openStore().whole } });
  const { registry, pull } = world.program().agents;
  const { id: agentId, generation } = await registry.register(DEFAULT_ORG_ID, {
    ...{ name: 'taker', instance: 'test', type: 'worker', transport: 'pull' },
    capabilities: [{ name: 'weigh' }],
    max_concurrency: 10,
  });
  const visitor = { agentId, generation };
  await pull.heartbeat(visitor, { in_flight: 0 }, []);
  const runs = await Promise.all([1, 2, 3].map(() => world.startRun(GRAPH, REF)));
  await eventually(async () => {
    const states = await Promise.all(runs.map(async (run) => (await world.task(run))?.status));
    expect(states).toEqual(['queued', 'queued', 'queued']);
  });
  const sizes: number[] = [];
  while (sizes.reduce((sum, size) => sum + size, 0) < 3) {
    const { tasks } = await pull.claim(visitor, { max: 10, inFlight: 0, waitMs: 5000 });
    expect(tasks.map((task) => task.input)).toEqual(tasks.map(() => VALUE));
    sizes.push(tasks.length);
  }
  expect(sizes.filter((size) => size > 0)).toEqual([1, 1, 1]);
});
