import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PausePoint } from '#server/coordinator/pause-points.ts';
import type { Happening, Reply } from '#server/domain/engine/happenings.ts';
import { type AgentId, type RunId, toUuid } from '#server/domain/ids.ts';
import type { EngineChild } from './engine-child.ts';
import { chain } from './random-graphs.ts';
import { createRig, type Rig } from './rig.ts';
import { until } from './until.ts';

let rig: Rig;
let engine: EngineChild;
let other: EngineChild;
const agentId = 'agent_0190000000007000800000000000face' as AgentId;
beforeEach(async () => {
  rig = await createRig();
  [engine, other] = await Promise.all([rig.engine({ agentId }), rig.engine()]);
});
afterEach(() => rig[Symbol.asyncDispose]());

const HELD_THEN_LEDGER = {
  stages: [
    { key: 'held', type: 'hang', timeouts: { idleSeconds: 600 } },
    { key: 'after', type: 'ledger' },
  ],
  dependencies: [{ from: 'held', to: 'after' }],
};
const DONE: Happening = {
  type: 'result',
  task: 0,
  epoch: 1,
  agent: agentId,
  outcome: { status: 'succeeded', output: null },
};
const CANCEL: Happening = { type: 'cancel', graceMs: 0 };
/** Held to the hand-out, so that only what a test does moves it. */
const SILENT = { agentId, beatMs: 600_000 };

const HELD_THEN_HELD = {
  stages: [
    { key: 'held', type: 'hang', timeouts: { idleSeconds: 600 } },
    { key: 'after', type: 'hang', timeouts: { idleSeconds: 600 } },
  ],
  dependencies: [{ from: 'held', to: 'after' }],
};
const ONE_HELD = {
  stages: [{ key: 'only', type: 'hang', timeouts: { idleSeconds: 600, stageSeconds: 600 } }],
};

/** Its time is over by the database's clock, which all go by. */
async function makeOverdue(runId: RunId): Promise<void> {
  const id = toUuid(runId);
  await rig.sql.begin(async (sql) => {
    await sql`UPDATE tasks SET stop_by = now() WHERE run_id = ${id}::text::uuid`;
    await sql`UPDATE runs SET wake_at = now(), revision = revision + 1 WHERE id = ${id}::text::uuid`;
  });
}

describe('two things that happen at once', () => {
  test('F42 cancelling and completing end in one verdict, and nothing starts behind a cancel', async () => {
    const verdicts = new Set<string>();
    for (let round = 0; round < 24; round += 1) {
      const runId = await rig.start(engine, HELD_THEN_LEDGER);
      const acts = [() => engine.tell(runId, DONE), () => other.tell(runId, CANCEL)];
      if (round % 2) acts.reverse();
      const first = acts[0]?.();
      // Sometimes the second comes long after, sometimes into the middle of the first.
      if (round % 3 === 0) await first;
      await Promise.all([first, acts[1]?.()]);
      const verdict = await rig.ended(runId);
      verdicts.add(verdict);
      const [held, after] = await rig.tasks(runId);
      if (verdict === 'cancelled' && held?.status === 'cancelled') expect(after?.epoch ?? 0).toBe(0);
    }
    expect(verdicts).toContain('cancelled');
    await rig.expectSound();
  });

  test.each<[string, PausePoint, boolean]>([
    ['an answer is decided and not yet committed', 'before-commit', true],
    ['an answer is committed and nobody has heard of it', 'after-commit', true],
    ['a cancel is decided and not yet committed', 'before-commit', false],
    ['a cancel is committed and nobody has heard of it', 'after-commit', false],
  ])(
    'F42 when %s, the other comes: one verdict, and nothing starts behind a cancel',
    async (_, point, isAnswerHeld) => {
      const answering = await rig.engine(SILENT);
      const cancelling = await rig.engine({ ...SILENT, agentId: rig.newAgentId(), capabilities: ['ledger'] });
      await Promise.all([engine.kill(), other.kill()]);
      const runId = await rig.start(answering, HELD_THEN_HELD);
      // Long: what the agent holds may still be answered while the run is being cancelled.
      const cancel = () => cancelling.tell(runId, { type: 'cancel', graceMs: 600_000 });
      const answer = () => answering.tell(runId, DONE);
      const slow = isAnswerHeld ? answering : cancelling;
      const { held } = await slow.holdAt(point);
      const first = isAnswerHeld ? answer() : cancel();
      await held;
      expect(await (isAnswerHeld ? cancel() : answer())).toEqual({ ok: true });
      await slow.release();
      expect(await first).toMatchObject({ ok: true });
      // Whichever was first, the answer counts; a stage that it set off was off before the cancel, and is cut off by force.
      await rig.sql`UPDATE runs SET force_at = now(), wake_at = now(), revision = revision + 1 WHERE status = 'cancelling'`;
      expect(await rig.ended(runId)).toBe('cancelled');
      const [answered, after] = await rig.tasks(runId);
      expect(answered).toMatchObject({ status: 'succeeded', epoch: 1 });
      const wasAnswerFirst = isAnswerHeld === (point === 'after-commit');
      expect(after?.epoch ?? 0).toBe(wasAnswerFirst ? 1 : 0);
      await rig.expectSound();
    },
  );

  test.each<[string, PausePoint]>([
    ['has been seen to be due', 'after-sweep'],
    ['has been decided and is not yet committed', 'before-commit'],
  ])('F42 a timeout that %s gives way to an answer that is quicker', async (_, point) => {
    const answering = await rig.engine({ ...SILENT, sweepMs: 600_000 });
    const sweeping = await rig.engine({ ...SILENT, agentId: rig.newAgentId(), capabilities: [] });
    await Promise.all([engine.kill(), other.kill()]);
    const runId = await rig.start(answering, ONE_HELD);
    const { held } = await sweeping.holdAt(point);
    await makeOverdue(runId);
    await held;
    const reply = await answering.tell(runId, DONE);
    await sweeping.release();
    expect(reply).toEqual({ ok: true });
    expect(await rig.ended(runId)).toBe('succeeded');
    expect(await rig.tasks(runId)).toMatchObject([{ status: 'succeeded', epoch: 1, attempt: 1 }]);
    await rig.expectSound();
  });

  test('F42 an answer that comes after its timeout was committed changes nothing and is told so', async () => {
    const runId = await rig.start(engine, ONE_HELD);
    await makeOverdue(runId);
    expect(await rig.ended(runId)).toBe('failed');
    expect(await engine.tell(runId, DONE)).toMatchObject({ ok: false, code: 'STALE_EPOCH' });
    const [task] = await rig.sql`SELECT status, error ->> 'class' AS class FROM tasks`;
    expect(task).toEqual({ status: 'failed', class: 'timeout' });
    await rig.expectSound();
  });

  test('F42 timeouts and answers that come together under load end each task once', async () => {
    const graph = {
      stages: [{ key: 'only', type: 'sleep', config: { ms: 100 }, timeouts: { stageSeconds: 0.1 } }],
    };
    const runs = await Promise.all(Array.from({ length: 20 }, () => rig.start(engine, graph)));
    for (const runId of runs) {
      await rig.ended(runId);
      expect(await rig.tasks(runId)).toMatchObject([{ epoch: 1, attempt: 1 }]);
    }
    await rig.expectSound();
  });

  test('F43 a hung agent cannot hold a cancelled run: it ends after the grace, and a late answer is refused', async () => {
    const runId = await rig.start(engine, HELD_THEN_LEDGER);
    expect(await engine.tell(runId, { type: 'cancel', graceMs: 300 })).toEqual({ ok: true });
    expect(await rig.ended(runId)).toBe('cancelled');
    const told = await rig.sql<{ type: string }[]>`
      SELECT entry ->> 'type' AS type FROM run_events, json_array_elements(entries) WITH ORDINALITY AS e (entry, nth)
      WHERE run_id = ${runId.slice(4)}::text::uuid ORDER BY seq_from, nth`;
    expect(told.slice(-4).map((entry) => entry.type)).toEqual([
      'run.cancelling',
      'task.cancelled',
      'task.cancelled',
      'run.cancelled',
    ]);
    expect(await engine.tell(runId, DONE)).toMatchObject({ ok: false, code: 'STALE_EPOCH' });
    expect((await rig.tasks(runId)).map((task) => task.status)).toEqual(['cancelled', 'cancelled']);
    await rig.expectSound();
  });

  test('F44 asking twice for a retry, in both coordinators, makes one attempt', async () => {
    const stage = { key: 'only', type: 'fail', retry: { maxAttempts: 2, initialSeconds: 3600, jitter: 0 } };
    for (let round = 0; round < 10; round += 1) {
      const runId = await rig.start(engine, { stages: [stage] });
      await until(
        'the first attempt to fail',
        async () => (await rig.tasks(runId))[0]?.status === 'retrying',
      );
      const retry: Happening = { type: 'retry-now', task: 0 };
      const replies = await Promise.all(
        [engine, other, engine, other].map((each) => each.tell(runId, retry)),
      );
      expect(replies.filter((reply) => reply.ok && !('repeated' in reply))).toHaveLength(1);
      expect(await rig.ended(runId)).toBe('failed');
      expect(await rig.tasks(runId)).toMatchObject([{ epoch: 2, attempt: 2 }]);
    }
    await rig.expectSound();
  });

  test('F44 asking three times at once for a retry that fails at once makes one attempt, where each names the one it saw', async () => {
    const stage = { key: 'only', type: 'fail', retry: { maxAttempts: 9, initialSeconds: 3600, jitter: 0 } };
    const runId = await rig.start(engine, { stages: [stage] });
    const waitsAfter = (attempt: number) =>
      until(`attempt ${attempt} to have failed`, async () => {
        const [task] = await rig.tasks(runId);
        return task?.status === 'retrying' && task.attempt === attempt;
      });
    for (const seen of [1, 2, 3]) {
      await waitsAfter(seen);
      const retry: Happening = { type: 'retry-now', task: 0, attempt: seen };
      // One after the other, so that each finds that the one before it has failed again.
      const replies: Reply[] = [];
      for (const each of [engine, other, engine]) {
        replies.push(await each.tell(runId, retry));
        await waitsAfter(seen + 1);
      }
      const refusal = {
        ok: false,
        code: 'NOT_ALLOWED',
        message: expect.stringContaining(`attempt ${seen + 1} by now`),
      };
      expect(replies).toEqual([{ ok: true }, refusal, refusal]);
    }
    expect(await rig.tasks(runId)).toMatchObject([{ epoch: 4, attempt: 4 }]);
    await rig.expectSound();
  });

  test('F45 a new version changes nothing for a run that began on the old one, in any process', async () => {
    const runId = await rig.start(engine, HELD_THEN_LEDGER);
    await rig.version(chain(4));
    // The other has never seen the run, and loads it with the graph it was started on.
    expect(await other.tell(runId, DONE)).toEqual({ ok: true });
    expect(await rig.ended(runId)).toBe('succeeded');
    expect(await rig.tasks(runId)).toHaveLength(2);
    await rig.expectSound();
  });
});

describe('sizes', () => {
  test('F48 a failing fan of ten thousand ends every task, and no lease stays behind', async () => {
    const width = 9998;
    const graph = {
      stages: [
        { key: 'first', type: 'echo' },
        { key: 'bad', type: 'fail' },
        ...Array.from({ length: width }, (_, at) => ({ key: `m${at}`, type: 'hang' })),
      ],
      dependencies: [
        { from: 'first', to: 'bad' },
        ...Array.from({ length: width }, (_, at) => ({ from: 'first', to: `m${at}` })),
      ],
    };
    const runId = await rig.start(engine, graph, 'x');
    expect(await rig.ended(runId, 120_000)).toBe('failed');
    const [counts] = await rig.sql`
      SELECT count(*)::int AS all, count(*) FILTER (WHERE due_at IS NOT NULL)::int AS leases FROM tasks
      WHERE run_id = ${runId.slice(4)}::text::uuid AND status <> 'pending'`;
    expect(counts).toEqual({ all: width + 2, leases: 0 });
    await rig.expectSound();
  });
});
