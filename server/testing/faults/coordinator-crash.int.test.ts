import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PausePoint } from '#server/coordinator/pause-points.ts';
import { countCalls, openGate } from './ledger.ts';
import { chain, fan } from './random-graphs.ts';
import { createRig, type Rig } from './rig.ts';
import { until } from './until.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

/** No sign of life is a commit of its own, so that commits can be counted. */
const SILENT = { beatMs: 600_000 };

describe('a coordinator that is killed', () => {
  test('F01 after a commit, before its tasks are handed over, gives them out at its next start, uncharged', async () => {
    const agentId = rig.newAgentId();
    const order = await rig.order(chain(3));
    const first = await rig.engine({ agentId });
    await first.killAt('after-commit');
    expect(await rig.startOnce(first, order)).toBeNull();
    await first.killed();
    expect(await rig.tasks(order.runId)).toMatchObject([{ status: 'running', agent_id: expect.any(String) }]);
    expect(await countCalls(rig.sql, order.runId)).toBe(0);

    await using second = await rig.engine({ agentId });
    expect(await rig.startOnce(second, order)).toBe(order.runId);
    expect(await rig.ended(order.runId)).toBe('succeeded');
    expect(await rig.tasks(order.runId)).toMatchObject([
      { epoch: 2, attempt: 1, losses: 0 },
      { epoch: 1, attempt: 1, losses: 0 },
      { epoch: 1, attempt: 1, losses: 0 },
    ]);
    expect(await countCalls(rig.sql, order.runId)).toBe(3);
    await rig.expectSound();
  });

  test('F03 between deciding and committing leaves no trace, and the caller who asks again gets one run', async () => {
    const agentId = rig.newAgentId();
    const order = await rig.order(chain(3));
    const first = await rig.engine({ agentId });
    await first.killAt('before-commit');
    expect(await rig.startOnce(first, order)).toBeNull();
    await first.killed();
    expect(await rig.status(order.runId)).toBeNull();

    await using second = await rig.engine({ agentId });
    expect(await rig.startOnce(second, order)).toBe(order.runId);
    expect(await rig.startOnce(second, { ...order, runId: rig.newRunId() })).toBe(order.runId);
    expect(await rig.ended(order.runId)).toBe('succeeded');
    expect(await countCalls(rig.sql, order.runId)).toBe(3);
    await rig.expectSound();
  });

  test('F03 inside a transaction that holds the rows lets go of them, and nothing of it stays', async () => {
    const agentId = rig.newAgentId();
    const first = await rig.engine({ agentId, ...SILENT });
    const stage = { key: 'only', type: 'hang' };
    const runId = await rig.start(first, { stages: [stage] });
    // Its belief is made wrong, so the next commit is refused and is tried again with the rows held.
    await rig.sql`UPDATE runs SET revision = revision + 1 WHERE id = ${runId.slice(4)}::text::uuid`;
    await first.killAt('before-commit', 2);
    await first.tell(runId, { type: 'pause' }).catch(() => undefined);
    await first.killed();
    expect(await rig.status(runId)).toBe('running');

    await using second = await rig.engine({ agentId });
    expect(await second.tell(runId, { type: 'cancel', graceMs: 0 })).toEqual({ ok: true });
    expect(await rig.ended(runId)).toBe('cancelled');
    await rig.expectSound();
  });

  test('F03 while Postgres works on its commit: whatever came of it, the same key gives the same one run', async () => {
    const agentId = rig.newAgentId();
    const order = await rig.order(chain(2));
    const first = await rig.engine({ agentId });
    await using lock = await rig.sql.reserve().then((sql) => ({
      sql,
      [Symbol.asyncDispose]: async () => sql.release(),
    }));
    await lock.sql`BEGIN`;
    await lock.sql`LOCK TABLE idempotency_keys IN SHARE MODE`;
    const asked = rig.startOnce(first, order);
    await until('the commit to wait in Postgres', async () => {
      const rows = await rig.sql`SELECT FROM pg_stat_activity
        WHERE application_name LIKE 'test-engine-lane%' AND wait_event_type = 'Lock' AND datname = current_database()`;
      return rows.length > 0;
    });
    await first.kill();
    expect(await asked).toBeNull();
    await lock.sql`COMMIT`;

    await using second = await rig.engine({ agentId });
    expect(await rig.startOnce(second, { ...order, runId: rig.newRunId() })).not.toBeNull();
    await rig.allEnded();
    const runs = await rig.sql`SELECT FROM runs WHERE version_id = ${order.versionId.slice(4)}::text::uuid`;
    expect(runs).toHaveLength(1);
    await rig.expectSound();
  });

  test.each<[string, PausePoint, number]>([
    [
      'F04 with a result in hand that is not committed does the task again and counts it once',
      'before-commit',
      2,
    ],
    ['F05 with a result committed and told to nobody goes on from there', 'after-commit', 2],
  ])('%s', async (_, point, calls) => {
    const agentId = rig.newAgentId();
    const first = await rig.engine({ agentId, ...SILENT });
    const graph = {
      stages: [
        { key: 's0', type: 'gate' },
        { key: 's1', type: 'ledger' },
        { key: 's2', type: 'ledger' },
      ],
      dependencies: [
        { from: 's0', to: 's1' },
        { from: 's1', to: 's2' },
      ],
    };
    const runId = await rig.start(first, graph);
    // The first commit from here on is that of the first result, the second that of the ledger's.
    await first.killAt(point, 2);
    await openGate(rig.sql, runId);
    await first.killed();
    expect(await countCalls(rig.sql, runId)).toBe(1);

    await using second = await rig.engine({ agentId });
    expect(await rig.ended(runId)).toBe('succeeded');
    expect(await countCalls(rig.sql, runId)).toBe(point === 'before-commit' ? calls + 1 : calls);
    expect((await rig.tasks(runId)).map((task) => [task.attempt, task.losses])).toEqual([
      [1, 0],
      [1, 0],
      [1, 0],
    ]);
    await rig.expectSound();
    expect(second.printed()).toBe('');
  });

  test('F06 while the last tasks before a join end together starts the join once', async () => {
    const agentId = rig.newAgentId();
    for (const [point, nth] of [
      ['before-commit', 2],
      ['after-commit', 2],
      ['before-commit', 3],
      ['after-commit', 3],
    ] as const) {
      const order = await rig.order(fan(2));
      const first = await rig.engine({ agentId, ...SILENT });
      await first.killAt(point, nth);
      await rig.startOnce(first, order);
      await first.killed();
      await using second = await rig.engine({ agentId });
      expect(await rig.startOnce(second, order)).toBe(order.runId);
      expect(await rig.ended(order.runId)).toBe('succeeded');
      expect((await rig.tasks(order.runId)).at(-1)).toMatchObject({ status: 'succeeded', attempt: 1 });
    }
    await rig.expectSound();
  });
});
