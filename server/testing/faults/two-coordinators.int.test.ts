import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fromUuid, type RunId, toUuid } from '#server/domain/ids.ts';
import { isTaskOver } from '#server/domain/statuses.ts';
import { countCalls, countRepeatedHandOuts, openGate } from './ledger.ts';
import { chain } from './random-graphs.ts';
import { createRig, type Rig } from './rig.ts';
import { until } from './until.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

/** Where leases shall end. Long enough for a machine that is busy with others to let a sign of life through. */
const SHORT_LEASE = { leaseMs: 3000 };

const leasesOf = (runId: RunId) => rig.sql<{ until: number }[]>`
  SELECT (extract(epoch FROM due_at) * 1000)::float8 AS until FROM tasks WHERE run_id = ${toUuid(runId)}::text::uuid`;

describe('two coordinators on one database', () => {
  test('F09 that come to the same ready task at a barrier hand it out once, and the loser makes no noise', async () => {
    await using one = await rig.engine();
    await using two = await rig.engine();
    const failing = {
      key: 'only',
      type: 'fail',
      retry: { maxAttempts: 2, initialSeconds: 3600, maxSeconds: 3600, jitter: 0 },
    };
    const runs = await Promise.all(Array.from({ length: 10 }, () => rig.start(one, { stages: [failing] })));
    await until('all first attempts to fail', async () => {
      const tasks = (await Promise.all(runs.map((runId) => rig.tasks(runId)))).flat();
      return tasks.every((task) => task.attempt === 1 && task.status === 'retrying');
    });
    const barriers = await Promise.all([one.holdAt('after-sweep'), two.holdAt('after-sweep')]);
    await rig.sql`UPDATE tasks SET due_at = now() WHERE status = 'retrying'`;
    await rig.sql`UPDATE runs SET wake_at = now(), revision = revision + 1`;
    // Both have read that the same retries are due.
    await Promise.all(barriers.map(({ held }) => held));
    await Promise.all([one.release(), two.release()]);
    for (const runId of runs) {
      expect(await rig.ended(runId)).toBe('failed');
      expect(await rig.tasks(runId)).toMatchObject([{ epoch: 2, attempt: 2, losses: 0 }]);
    }
    expect([...(await one.state()).troubles, ...(await two.state()).troubles]).toEqual([]);
    await rig.expectSound();
  });

  test('F10 of which one stands still for three leases lets the other go on, and what it says late changes nothing', async () => {
    const agentId = rig.newAgentId();
    const one = await rig.engine({ agentId, defaults: SHORT_LEASE });
    await using _two = await rig.engine({ defaults: SHORT_LEASE });
    const graph = {
      stages: [
        { key: 'held', type: 'gate' },
        { key: 'after', type: 'ledger' },
      ],
      dependencies: [{ from: 'held', to: 'after' }],
    };
    const runs = await Promise.all(Array.from({ length: 5 }, () => rig.start(one, graph)));
    one.freeze();
    for (const runId of runs) {
      await until('the other to hold its tasks', async () => (await rig.tasks(runId))[0]?.epoch === 2);
    }
    await openGate(rig.sql, ...runs);
    for (const runId of runs) expect(await rig.ended(runId)).toBe('succeeded');
    const before = await rig.sql`SELECT id, revision, seq FROM runs ORDER BY id`;
    one.thaw();
    // Its agents answer now, each with a hand-out that is not theirs any more.
    await until('the late answers to be given', async () => (await one.state()).working === 0);
    expect(await rig.sql`SELECT id, revision, seq FROM runs ORDER BY id`).toEqual(before);
    // It reads anew what it believed: a run of its own goes through as ever.
    expect(await rig.ended(await rig.start(one, chain(2)))).toBe('succeeded');
    for (const runId of runs) {
      const [held] = await rig.tasks(runId);
      expect(held).toMatchObject({ status: 'succeeded', epoch: 2, attempt: 1, losses: 1 });
      expect(held?.agent_id?.replaceAll('-', '')).not.toBe(agentId.slice(6));
    }
    await rig.expectSound();
    await one.kill();
  });

  test('F11 that both look for what is due fire each timer once', async () => {
    // Longer than a busy machine may stop us for.
    const patient = { sweepMs: 10, defaults: { leaseMs: 60_000 } };
    await using one = await rig.engine(patient);
    await using two = await rig.engine(patient);
    const stage = { key: 'only', type: 'fail', retry: { maxAttempts: 5, initialSeconds: 0.05, jitter: 1 } };
    const runs = await Promise.all(
      Array.from({ length: 30 }, (_, at) => rig.start(at % 2 ? one : two, { stages: [stage] })),
    );
    for (const runId of runs) {
      expect(await rig.ended(runId)).toBe('failed');
      expect(await rig.tasks(runId)).toMatchObject([{ epoch: 5, attempt: 5, losses: 0 }]);
    }
    const rows =
      await rig.sql`SELECT run_id FROM attempts WHERE ended = 'failed' GROUP BY run_id HAVING count(*) <> 4`;
    expect(rows.filter((row) => runs.includes(`run_${row.run_id}` as never))).toEqual([]);
    expect([...(await one.state()).troubles, ...(await two.state()).troubles]).toEqual([]);
    await rig.expectSound();
  });

  test('F13 give a task whose process was killed to the other as lost, not failed', async () => {
    const one = await rig.engine({ defaults: SHORT_LEASE });
    await using _two = await rig.engine({ defaults: SHORT_LEASE });
    const runId = await rig.start(one, { stages: [{ key: 'only', type: 'gate' }] });
    await one.kill();
    const [task] = await until('another agent to have it', async () => {
      const tasks = await rig.tasks(runId);
      return tasks[0]?.epoch === 2 && tasks;
    });
    expect(task).toMatchObject({ status: 'running', attempt: 1, losses: 1 });
    await openGate(rig.sql, runId);
    expect(await rig.ended(runId)).toBe('succeeded');
    const attempts =
      await rig.sql`SELECT ended, error ->> 'class' AS class FROM attempts WHERE run_id = ${runId.slice(4)}::text::uuid`;
    expect(attempts).toEqual([{ ended: 'lost', class: 'lost' }]);
    await rig.expectSound();
  });

  test('F15 take a task once from an agent whose heart stops, and never while it beats', async () => {
    await using one = await rig.engine({ defaults: SHORT_LEASE });
    const graph = { stages: [{ key: 'only', type: 'gate' }] };
    const beating = await rig.start(one, graph);
    const [first] = await leasesOf(beating);
    await until('two leases to be outlived', async () => {
      const [lease] = await leasesOf(beating);
      return lease && first && lease.until > first.until + 2 * SHORT_LEASE.leaseMs;
    });
    await openGate(rig.sql, beating);
    expect(await rig.ended(beating)).toBe('succeeded');
    expect(await rig.tasks(beating)).toMatchObject([{ epoch: 1, losses: 0 }]);

    const silent = await rig.start(one, graph);
    await one.muteBeats(true);
    await until('the task to be lost', async () => (await rig.tasks(silent))[0]?.losses === 1);
    await one.muteBeats(false);
    await openGate(rig.sql, silent);
    expect(await rig.ended(silent)).toBe('succeeded');
    expect(await rig.tasks(silent)).toMatchObject([{ epoch: 2, attempt: 1, losses: 1 }]);
    await rig.expectSound();
  });

  test('F18 stop trying a task that kills every process, and let all other work go on', async () => {
    const agents = Array.from({ length: 3 }, () => rig.newAgentId());
    await using safe = await rig.engine({
      capabilities: ['ledger', 'sleep', 'echo', 'fail'],
      defaults: SHORT_LEASE,
    });
    const poison = await rig.start(safe, { stages: [{ key: 'only', type: 'crash' }] });
    const others = await rig.load(safe, 10, 18);
    for (const [nth, agentId] of agents.entries()) {
      // It may take the task, and die of it, before it has said that it is there.
      await rig.engine({ agentId, capabilities: ['crash'], defaults: SHORT_LEASE }).then(
        (victim) => victim.killed(),
        () => undefined,
      );
      await until('the loss to be noticed', async () => {
        const [task] = await rig.tasks(poison);
        return task && (task.losses > nth || isTaskOver(task.status));
      });
    }
    expect(await rig.ended(poison)).toBe('failed');
    const [row] =
      await rig.sql`SELECT error ->> 'code' AS code FROM runs WHERE id = ${poison.slice(4)}::text::uuid`;
    expect(row).toEqual({ code: 'POISON' });
    const letters = await rig.sql`SELECT run_id, task_idx, reason, closed_at FROM dead_letters`;
    expect(letters.map((letter) => ({ ...letter, run_id: fromUuid('run', letter.run_id) }))).toEqual([
      { run_id: poison, task_idx: 0, reason: expect.stringContaining('vanished'), closed_at: null },
    ]);
    await rig.allEnded();
    expect(others).toHaveLength(10);
    expect(await countRepeatedHandOuts(rig.sql)).toBe(0);
    expect(await countCalls(rig.sql, poison)).toBe(0);
    await rig.expectSound();
  });
});
