import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_ORG_ID, NO_ORG_ID, type RunId, toUuid } from '#server/domain/ids.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import { eventually, openWorld } from '#server/testing/agent-world.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { createScriptedEngine, type ScriptedOptions } from '#server/testing/scripted-engine.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database[Symbol.asyncDispose]());

const only = { stages: [{ key: 'only', type: 'work' }] };

/** Work that waits at a gate, and how much of it there is at once, in whichever engine. */
function makeWork(workMs: number) {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  let atOnce = 0;
  let most = 0;
  return {
    open,
    atOnce: () => atOnce,
    most: () => most,
    async handle(): Promise<null> {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await gate;
      await sleep(workMs);
      atOnce -= 1;
      return null;
    },
  };
}

async function waits(): Promise<{ code: string; blockers: string[] }[]> {
  const rows = await database.sql<{ wait: { code: string; blockers: string[] } }[]>`
    SELECT wait FROM tasks WHERE status = 'ready'`;
  return rows.map((row) => row.wait);
}

async function counted(): Promise<number | undefined> {
  const [row] = await database.sql<{ used: number }[]>`
    SELECT used FROM concurrency_slots WHERE org_id = ${toUuid(NO_ORG_ID)}::text::uuid`;
  return row?.used;
}

const openEngine = (options: Partial<ScriptedOptions> & Pick<ScriptedOptions, 'handlers'>) =>
  createScriptedEngine({ url: database.url, maxConcurrentTasks: 3, ...options });

describe('the limit of tasks that are out at once', () => {
  test('holds over all processes together, and what waits for it says so', async () => {
    const hot = createMemoryHotState();
    await hot.start();
    const work = makeWork(5);
    const handlers = { work: work.handle };
    const one = await openEngine({ handlers, hot });
    const two = await openEngine({ handlers, hot });
    const runs = await Promise.all(Array.from({ length: 40 }, (_, nth) => (nth % 2 ? one : two).start(only)));
    await eventually(() => expect(work.atOnce()).toBe(3));
    const waiting = await waits();
    expect(waiting).toHaveLength(37);
    for (const wait of waiting) expect(wait).toEqual({ code: 'quota', blockers: ['MAX_CONCURRENT_TASKS'] });
    expect((await one.audit()).findings).toEqual([]);
    work.open();
    await eventually(async () => {
      const open = await database.sql`SELECT FROM runs WHERE status = 'running'`;
      expect(open).toHaveLength(0);
    });
    expect(runs).toHaveLength(40);
    expect(work.most()).toBe(3);
    expect(await counted()).toBe(0);
    expect((await one.audit()).findings).toEqual([]);
    expect([...one.troubles, ...two.troubles]).toEqual([]);
    for (const engine of [one, two]) await engine[Symbol.asyncDispose]();
    await hot.stop();
  });

  test('lets every second place go to a small run beside a large one', async () => {
    const work = makeWork(0);
    const order: RunId[] = [];
    const engine = await openEngine({
      maxConcurrentTasks: 1,
      handlers: {
        work: async ({ runId }) => {
          order.push(runId);
          return work.handle();
        },
      },
    });
    const stages = Array.from({ length: 60 }, (_, at) => ({ key: `s${at}`, type: 'work' }));
    const large = await engine.start({ stages });
    const small = await engine.start({ stages: stages.slice(0, 3) });
    work.open();
    expect((await engine.ended(small)).status).toBe('succeeded');
    expect((await engine.ended(large)).status).toBe('succeeded');
    // The first was given out before the small one came.
    expect(order.slice(0, 7)).toEqual([large, large, small, large, small, large, small]);
    await engine[Symbol.asyncDispose]();
  });

  test('is counted anew at the start: what was handed out while there was none is in it', async () => {
    const work = makeWork(0);
    const before = await createScriptedEngine({ url: database.url, handlers: { work: work.handle } });
    for (let nth = 0; nth < 5; nth += 1) await before.start(only);
    expect(await counted()).toBeUndefined();
    const after = await openEngine({ handlers: { work: work.handle } });
    expect(await counted()).toBe(5);
    await after.start(only);
    expect(await waits()).toEqual([{ code: 'quota', blockers: ['MAX_CONCURRENT_TASKS'] }]);
    await Promise.all([before, after].map((engine) => engine[Symbol.asyncDispose]()));
    // Without a limit nobody counts, so no number stays that would be wrong.
    const last = await createScriptedEngine({ url: database.url, handlers: { work: work.handle } });
    expect(await counted()).toBeUndefined();
    await last[Symbol.asyncDispose]();
  });
});

test('the limit counts what lies in a queue, and lets it go when it is cancelled', async () => {
  const world = await openWorld({ engine: { maxConcurrentTasks: 2 } });
  const { registry } = world.program().agents;
  const registration = { name: 'visitor', transport: 'pull' as const, capabilities: [{ name: 'fetch' }] };
  await registry.register(DEFAULT_ORG_ID, registration);
  const known = () =>
    world
      .program()
      .agents.fleet.now()
      .map(({ record }) => record.name);
  await eventually(() => expect(known()).toEqual(['visitor']));
  const runs: RunId[] = [];
  for (let nth = 0; nth < 4; nth += 1) {
    runs.push(await world.startRun({ stages: [{ key: 'only', type: 'fetch' }] }));
  }
  const states = () => Promise.all(runs.map(async (run) => (await world.task(run))?.status));
  expect(await states()).toEqual(['queued', 'queued', 'ready', 'ready']);
  expect((await world.task(runs[2] as RunId))?.wait?.code).toBe('quota');
  await world.cancel(runs[0] as RunId);
  await eventually(async () => expect(await states()).toEqual(['cancelled', 'queued', 'queued', 'ready']));
});

describe('a run that comes while others wait', () => {
  test('waits behind them, though an agent has just become free', async () => {
    const order: RunId[] = [];
    const gates: (() => void)[] = [];
    const engine = await createScriptedEngine({
      url: database.url,
      maxConcurrency: 1,
      handlers: {
        work: ({ runId }) => {
          order.push(runId);
          return new Promise((resolve) => gates.push(() => resolve(null)));
        },
      },
    });
    const first = await engine.start(only);
    await eventually(() => expect(gates).toHaveLength(1));
    const second = await engine.start(only);
    // The answer makes room at once; the newcomer is decided on in the same batch as it or the next.
    gates[0]?.();
    const third = await engine.start(only);
    for (const nth of [1, 2]) {
      await eventually(() => expect(gates).toHaveLength(nth + 1));
      gates[nth]?.();
    }
    for (const runId of [first, second, third]) expect((await engine.ended(runId)).status).toBe('succeeded');
    expect(order).toEqual([first, second, third]);
    await engine[Symbol.asyncDispose]();
  });

  test('starts at once when those who waited before it need nothing any more', async () => {
    const work = makeWork(0);
    const engine = await createScriptedEngine({
      url: database.url,
      maxConcurrency: 1,
      handlers: { work: work.handle },
    });
    const held = await engine.start(only);
    const waiting = await Promise.all(Array.from({ length: 30 }, () => engine.start(only)));
    for (const runId of waiting) await engine.tell(runId, { type: 'cancel', graceMs: 0 });
    work.open();
    expect((await engine.ended(held)).status).toBe('succeeded');
    // With no look at the clock: nobody but the newcomer itself asks for the room.
    const next = await engine.start(only);
    expect((await engine.ended(next)).status).toBe('succeeded');
    expect((await engine.audit()).findings).toEqual([]);
    await engine[Symbol.asyncDispose]();
  });
});
