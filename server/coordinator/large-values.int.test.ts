import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SignalboxError } from '#server/domain/errors.ts';
import type { Json } from '#server/domain/json.ts';
import { PAYLOAD_NAME, type PayloadRef } from '#server/domain/payload-ref.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { createScriptedEngine, type ScriptedEngine } from '#server/testing/scripted-engine.ts';
import type { LargePayloads } from './needs.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

/** An object store that can be away, or have lost what was stored. */
function openStore() {
  const texts = new Map<string, string>();
  const store = {
    isAway: false,
    asked: 0,
    keep(value: Json): { [key: string]: Json } {
      const text = JSON.stringify(value);
      const $object = createHash('sha256').update(text).digest('hex');
      texts.set($object, text);
      return { $object, bytes: text.length, contentType: 'application/json', name: PAYLOAD_NAME };
    },
  };
  const payloads: LargePayloads = {
    inlineMaxBytes: 1000,
    maxBytes: 1_000_000,
    async load({ $object }) {
      store.asked += 1;
      if (store.isAway) throw new SignalboxError('UNAVAILABLE', 'The store is away.');
      const text = texts.get($object);
      if (text === undefined) throw new SignalboxError('NOT_FOUND', `There is no object ${$object}.`);
      return JSON.parse(text);
    },
    storeText: async (_owner, text) => store.keep(JSON.parse(text)) as unknown as PayloadRef,
    whyUnreadable: (_value, error) =>
      error instanceof SignalboxError && error.code === 'NOT_FOUND' ? error.message : null,
  };
  return { store, payloads };
}

const JUDGED = {
  stages: [
    { key: 'make', type: 'make' },
    { key: 'judged', type: 'echo', condition: 'stages.make.output.n > 3', input: 'stages.make.output.n + 1' },
  ],
  dependencies: [{ from: 'make', to: 'judged' }],
};
const SMALL = { stages: [{ key: 'only', type: 'echo' }] };

async function withEngine(
  act: (engine: ScriptedEngine, store: ReturnType<typeof openStore>['store']) => Promise<void>,
): Promise<void> {
  const { store, payloads } = openStore();
  const engine = await createScriptedEngine({
    url: database.url,
    payloads,
    handlers: {
      echo: async ({ input }) => input,
      make: async ({ input }) => store.keep({ n: input, text: 'x'.repeat(2000) }),
    },
  });
  try {
    await act(engine, store);
    await expectSound(engine);
  } finally {
    await engine[Symbol.asyncDispose]();
  }
}

/** But for I15: this store is a map of the test's own, and nothing in the database says for whom it keeps what. */
async function expectSound(engine: ScriptedEngine): Promise<void> {
  const { findings } = await engine.audit();
  expect(findings.filter(({ rule }) => rule !== 'I15')).toEqual([]);
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 60_000, interval: 10 });

describe('an engine with large values', () => {
  test('judges each of many runs by its own value', async () => {
    await withEngine(async (engine) => {
      const ids = await Promise.all([...Array(20).keys()].map((n) => engine.start(JUDGED, n)));
      const ends = await Promise.all(ids.map((id) => engine.ended(id)));
      expect(ends.map(({ tasks }) => tasks[1]?.output)).toEqual(
        [...Array(20).keys()].map((n) => (n > 3 ? n + 1 : undefined)),
      );
    });
  });

  test('waits for a store that is away; other runs go on, and nothing is lost', async () => {
    await withEngine(async (engine, store) => {
      store.isAway = true;
      const waits = await engine.start(JUDGED, 7);
      await until(() => expect(store.asked).toBeGreaterThan(1));
      const others = await Promise.all([...Array(30).keys()].map((n) => engine.start(SMALL, n)));
      for (const id of others) expect((await engine.ended(id)).status).toBe('succeeded');
      expect(engine.engine.load().entries).toBeGreaterThan(0);
      // What comes for the run meanwhile waits its turn behind it.
      const paused = engine.tell(waits, { type: 'pause' });
      store.isAway = false;
      await paused;
      await engine.tell(waits, { type: 'resume' });
      expect((await engine.ended(waits)).tasks[1]?.output).toBe(8);
    });
  });

  test('fails a task with a sentence when the value is gone, and goes on', async () => {
    await withEngine(async (engine, store) => {
      const lost = await engine.start(
        { stages: [{ key: 'only', type: 'echo', condition: 'input.n > 3' }] },
        { ...store.keep({ n: 7 }), $object: 'f'.repeat(64) },
      );
      const { status, error } = await engine.ended(lost);
      expect(status).toBe('failed');
      expect(error?.message).toContain('There is no object');
      const after = await engine.start(SMALL, 1);
      expect((await engine.ended(after)).status).toBe('succeeded');
    });
  });

  test('ends in order while the store is away: what waits is given back to who reported it', async () => {
    const { store, payloads } = openStore();
    const engine = await createScriptedEngine({
      url: database.url,
      payloads,
      handlers: { make: async () => store.keep({ n: 7 }), echo: async ({ input }) => input },
    });
    store.isAway = true;
    const id = await engine.start(JUDGED, 7);
    await until(() => expect(store.asked).toBeGreaterThan(0));
    await engine[Symbol.asyncDispose]();
    store.isAway = false;
    // Its lease names an agent whose process is gone: the next one begins the task anew.
    const next = await createScriptedEngine({
      url: database.url,
      payloads,
      agentId: engine.agentId,
      handlers: { make: async () => store.keep({ n: 7 }), echo: async ({ input }) => input },
    });
    expect((await next.ended(id)).tasks[1]?.output).toBe(8);
    await expectSound(next);
    await next[Symbol.asyncDispose]();
  });
});
