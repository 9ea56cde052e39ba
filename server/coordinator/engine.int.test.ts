import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AgentHandler } from '#server/agents/agent.ts';
import { AgentFailure } from '#server/agents/agent.ts';
import { toUuid } from '#server/domain/ids.ts';
import { RUN_STATUSES } from '#server/domain/statuses.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { createScriptedEngine } from '#server/testing/scripted-engine.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database[Symbol.asyncDispose]());

const echo: AgentHandler = async ({ input }) => input;
const chain = (length: number) => ({
  stages: Array.from({ length }, (_, at) => ({ key: `s${at}`, type: 'echo' })),
  dependencies: Array.from({ length: length - 1 }, (_, at) => ({ from: `s${at}`, to: `s${at + 1}` })),
});
const fan = (width: number) => ({
  stages: [
    { key: 'first', type: 'echo' },
    ...Array.from({ length: width }, (_, at) => ({ key: `m${at}`, type: 'echo' })),
    { key: 'last', type: 'echo' },
  ],
  dependencies: Array.from({ length: width }, (_, at) => [
    { from: 'first', to: `m${at}` },
    { from: `m${at}`, to: 'last' },
  ]).flat(),
});

describe('the engine on a real database', () => {
  test('carries the input through a chain and leaves a record that the auditor accepts', async () => {
    await using scripted = await createScriptedEngine({ url: database.url, handlers: { echo } });
    const id = await scripted.start(chain(5), { text: 'hello' });
    const state = await scripted.ended(id);
    expect(state.status).toBe(RUN_STATUSES[3]);
    expect(state.tasks[4]?.output).toEqual({ text: 'hello' });
    expect((await scripted.audit()).findings).toEqual([]);
    expect(scripted.troubles).toEqual([]);
  });

  test('joins a fan of 300 once, with every output', async () => {
    await using scripted = await createScriptedEngine({ url: database.url, handlers: { echo } });
    const state = await scripted.ended(await scripted.start(fan(300), 7));
    expect(Object.keys(state.tasks[301]?.output as object)).toHaveLength(300);
    expect((await scripted.audit()).findings).toEqual([]);
  });

  test('runs many at once with fewer places than tasks, each to its end', async () => {
    await using scripted = await createScriptedEngine({
      url: database.url,
      handlers: { echo },
      maxConcurrency: 3,
    });
    const ids = await Promise.all(Array.from({ length: 60 }, () => scripted.start(chain(3), 1)));
    const states = await Promise.all(ids.map((id) => scripted.ended(id)));
    expect(new Set(states.map((state) => state.status))).toEqual(new Set(['succeeded']));
    expect((await scripted.audit()).findings).toEqual([]);
  });

  test('tries again after a failure, keeps the attempt that failed, and counts both', async () => {
    let calls = 0;
    const flaky: AgentHandler = async () => {
      calls += 1;
      if (calls === 1) throw new AgentFailure('agent', 'FLAKY', 'not yet');
      return 'done';
    };
    await using scripted = await createScriptedEngine({ url: database.url, handlers: { flaky } });
    const stage = { key: 'only', type: 'flaky', retry: { maxAttempts: 2, initialSeconds: 0.01 } };
    const state = await scripted.ended(await scripted.start({ stages: [stage] }));
    expect(state.tasks[0]).toMatchObject({ attempt: 2, output: 'done' });
    const rows =
      await scripted.sql`SELECT ended, error ->> 'code' AS code FROM attempts WHERE run_id = ${state.id.slice(4)}::text::uuid`;
    expect(rows).toEqual([{ ended: 'failed', code: 'FLAKY' }]);
    expect((await scripted.audit()).findings).toEqual([]);
  });

  test('fails the run at a required stage, stops its siblings and skips what follows', async () => {
    const boom: AgentHandler = async () => {
      throw new AgentFailure('agent', 'BOOM', 'no');
    };
    const stopped = Promise.withResolvers<void>();
    const wait: AgentHandler = (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          stopped.resolve();
          reject(signal.reason);
        });
      });
    await using scripted = await createScriptedEngine({ url: database.url, handlers: { boom, wait, echo } });
    const graph = {
      stages: [
        { key: 'a', type: 'echo' },
        { key: 'bad', type: 'boom' },
        { key: 'slow', type: 'wait' },
        { key: 'after', type: 'echo' },
      ],
      dependencies: [
        { from: 'a', to: 'bad' },
        { from: 'a', to: 'slow' },
        { from: 'bad', to: 'after' },
      ],
    };
    const state = await scripted.ended(await scripted.start(graph));
    await stopped.promise;
    expect(state.tasks.map((task) => task?.status)).toEqual(['succeeded', 'failed', 'cancelled', 'skipped']);
    expect(state.error).toMatchObject({ code: 'BOOM' });
    expect((await scripted.audit()).findings).toEqual([]);
  });

  test('lets each of two stages that share a concurrency key go by its own limit, also when both begin in one commit', async () => {
    const out = { narrow: 0, wide: 0 };
    const seen = { narrow: 0, wide: 0 };
    const handler =
      (which: keyof typeof out): AgentHandler =>
      async () => {
        out[which] += 1;
        if (which === 'narrow') seen.narrow = Math.max(seen.narrow, out.narrow);
        seen.wide = Math.max(seen.wide, out.narrow + out.wide);
        await new Promise((resolve) => setTimeout(resolve, 5));
        out[which] -= 1;
        return null;
      };
    await using scripted = await createScriptedEngine({
      url: database.url,
      handlers: { narrow: handler('narrow'), wide: handler('wide') },
      maxConcurrency: 50,
    });
    const stages = ['narrow', 'wide', 'wide', 'narrow'].map((type, at) => ({
      ...{ key: `s${at}`, type },
      concurrency: { key: 'shared', limit: type === 'narrow' ? 1 : 3 },
    }));
    const runs = await Promise.all(Array.from({ length: 20 }, () => scripted.start({ stages })));
    for (const id of runs) expect((await scripted.ended(id)).status).toBe('succeeded');
    expect(seen).toEqual({ narrow: 1, wide: 3 });
    expect(scripted.troubles).toEqual([]);
    const rows = await database.sql`SELECT used FROM concurrency_slots WHERE key = 'shared'`;
    expect(rows).toEqual([{ used: 0 }]);
  });

  test('never lets more than the limit of a concurrency key run at once, and gives every slot back', async () => {
    let now = 0;
    let most = 0;
    const guarded: AgentHandler = async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now -= 1;
      return null;
    };
    await using scripted = await createScriptedEngine({ url: database.url, handlers: { guarded } });
    const graph = { stages: [{ key: 'only', type: 'guarded', concurrency: { key: 'gate', limit: 2 } }] };
    const ids = await Promise.all(Array.from({ length: 20 }, () => scripted.start(graph)));
    await Promise.all(ids.map((id) => scripted.ended(id)));
    expect(most).toBe(2);
    expect((await scripted.audit()).findings).toEqual([]);
  });

  test('takes up after a process that died: what it held is released at no charge and done by the next', async () => {
    const never: AgentHandler = () => new Promise(() => undefined);
    const first = await createScriptedEngine({ url: database.url, handlers: { echo: never } });
    const id = await first.start(chain(2), 'kept');
    // The process is gone: nobody renews, nobody answers.
    await using second = await createScriptedEngine({
      url: database.url,
      handlers: { echo },
      agentId: first.agentId,
    });
    const state = await second.ended(id);
    expect(state.tasks.map((task) => [task?.status, task?.attempt, task?.epoch])).toEqual([
      ['succeeded', 1, 2],
      ['succeeded', 1, 1],
    ]);
    expect((await second.audit()).findings).toEqual([]);
    await first[Symbol.asyncDispose]();
  });

  test('writes down nothing as earlier than what it follows, though its clock is behind that of the process before', async () => {
    const held = Promise.withResolvers<void>();
    const never: AgentHandler = () => {
      held.resolve();
      return new Promise(() => undefined);
    };
    const first = await createScriptedEngine({ url: database.url, handlers: { echo, next: never } });
    const graph = {
      stages: [
        { key: 'a', type: 'echo' },
        { key: 'b', type: 'next' },
      ],
      dependencies: [{ from: 'a', to: 'b' }],
    };
    const id = await first.start(graph);
    await held.promise;
    await using second = await createScriptedEngine({
      url: database.url,
      handlers: { echo, next: echo },
      agentId: first.agentId,
      localNow: () => Date.now() - 5000,
    });
    const state = await second.ended(id);
    expect(state.tasks[1]?.startedAt).toBeGreaterThanOrEqual(state.tasks[0]?.finishedAt ?? Number.NaN);
    expect((await second.audit()).findings).toEqual([]);
    await first[Symbol.asyncDispose]();
  });

  test('goes by the clock of the database from the first moment, whatever the clock of its host says', async () => {
    for (const wrongBy of [-300_000, 300_000]) {
      const held = Promise.withResolvers<null>();
      await using scripted = await createScriptedEngine({
        url: database.url,
        handlers: { hold: () => held.promise },
        localNow: () => Date.now() + wrongBy,
      });
      const id = await scripted.start({ stages: [{ key: 'only', type: 'hold' }], deadlineSeconds: 60 });
      const [row] = await database.sql`
        SELECT extract(epoch FROM deadline_at - created_at)::int AS seconds,
          abs(extract(epoch FROM now() - created_at)) < 60 AS is_now, status
        FROM runs WHERE id = ${toUuid(id)}::text::uuid`;
      expect(row).toEqual({ seconds: 60, is_now: true, status: 'running' });
      held.resolve(null);
      expect((await scripted.ended(id)).status).toBe('succeeded');
    }
  });

  test('takes what came for a run beside a start that came twice', async () => {
    const out = Promise.withResolvers<void>();
    const hold: AgentHandler = () => {
      out.resolve();
      return new Promise(() => undefined);
    };
    await using scripted = await createScriptedEngine({ url: database.url, handlers: { hold } });
    const graph = { stages: [{ key: 'only', type: 'hold' }] };
    const idempotency = { key: 'once', requestHash: 'same' };
    const runId = await scripted.start(graph, 1, { idempotency });
    await out.promise;
    const again = scripted.start(graph, 1, { id: runId, idempotency });
    // Its graph is at hand: the start is in line some microtasks on, and still in this turn, as what follows is.
    for (let turns = 0; turns < 50; turns += 1) await null;
    const outcome = { status: 'succeeded', output: 'done' } as const;
    const told = scripted.tell(runId, { type: 'result', task: 0, epoch: 1, agent: null, outcome });
    expect(await again).toBe(runId);
    expect(await told).toEqual({ ok: true });
    expect((await scripted.ended(runId)).tasks[0]?.output).toBe('done');
    expect((await scripted.audit()).findings).toEqual([]);
  });

  test('lets two engines work on one database, on the same runs, without a wrong step', async () => {
    await using one = await createScriptedEngine({ url: database.url, handlers: { echo } });
    await using two = await createScriptedEngine({
      url: database.url,
      handlers: { echo },
      agentId: undefined as never,
    });
    const ids = await Promise.all(
      Array.from({ length: 40 }, (_, at) => (at % 2 ? one : two).start(chain(4), at)),
    );
    // Each is told by the wrong one that time has passed, again and again, while the right one works.
    const noise = Promise.all(
      ids.flatMap((id) => [
        one.tell(id, { type: 'tick', full: true }),
        two.tell(id, { type: 'tick', full: true }),
      ]),
    );
    await Promise.all(ids.map((id, at) => (at % 2 ? one : two).ended(id)));
    await noise;
    expect((await one.audit()).findings).toEqual([]);
  });

  test('leaves a server that has become a standby, and goes on where writes are taken', async () => {
    await using scripted = await createScriptedEngine({ url: database.url, handlers: { echo } });
    const graph = chain(3);
    await scripted.ended(await scripted.start(graph, 1));
    const name = database.sql.options.database;
    // Whoever connects from now on meets a server that takes no writes, as those do who come to the old one too late.
    await database.sql.unsafe(`ALTER DATABASE "${name}" SET default_transaction_read_only = on`);
    await database.sql`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${name} AND pid <> pg_backend_pid()`;
    const starting = scripted.start(graph, 2);
    await expect
      .poll(() => scripted.troubles.join(), { timeout: 60_000 })
      .toContain('in a read-only transaction');
    await database.sql.unsafe(`ALTER DATABASE "${name}" RESET default_transaction_read_only`);
    expect(await scripted.ended(await starting)).toMatchObject({ status: 'succeeded' });
  });
});
