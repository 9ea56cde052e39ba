import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sql } from '#db/client.ts';
import { createGraphCache } from '#db/queries/load-graph.ts';
import { AgentFailure, type AgentHandler } from '#server/agents/agent.ts';
import { fromUuid, NO_ORG_ID, type RunId, toUuid } from '#server/domain/ids.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { createScriptedEngine } from '#server/testing/scripted-engine.ts';
import { type AuditReport, audit } from './audit.ts';
import { RULES, type Rule, SHOWN_BY_TESTS } from './rules.ts';

/**
 * The auditor audited: healthy runs that an engine made, each damaged in one way by hand. What it does not find here
 * it would not find after a fault either.
 */
const chain = {
  stages: [
    { key: 'a', type: 'echo' },
    { key: 'b', type: 'echo' },
  ],
  dependencies: [{ from: 'a', to: 'b' }],
};
const GRAPHS = {
  /** Over, with two tasks. */
  done: chain,
  /** Over, at its second attempt. */
  again: { stages: [{ key: 'only', type: 'flaky', retry: { maxAttempts: 2, initialSeconds: 0 } }] },
  /** Its one task is held by an agent that does not answer. */
  held: { stages: [{ key: 'only', type: 'never' }] },
  /** Its one task waits: nobody offers the capability. */
  waiting: { stages: [{ key: 'only', type: 'nobody' }] },
};
type Kind = keyof typeof GRAPHS;
const EACH = 24;
const ROOT = join(import.meta.dirname, '../..');

let database: TestDatabase;
let sql: Sql;
const runs: Record<Kind, RunId[]> = { done: [], again: [], held: [], waiting: [] };

beforeAll(async () => {
  database = await createTestDatabase();
  sql = database.sql;
  const echo: AgentHandler = async ({ input }) => input;
  const never: AgentHandler = () => new Promise(() => undefined);
  const flaky: AgentHandler = async ({ attempt, input }) => {
    if (attempt === 1) throw new AgentFailure('agent', 'SCRIPTED', 'The first attempt fails.');
    return input;
  };
  const scripted = await createScriptedEngine({ url: database.url, handlers: { echo, never, flaky } });
  for (const kind of Object.keys(GRAPHS) as Kind[]) {
    runs[kind] = await Promise.all(Array.from({ length: EACH }, () => scripted.start(GRAPHS[kind])));
  }
  const gated = { stages: [{ key: 'only', type: 'never', concurrency: { key: 'gate', limit: 3 } }] };
  await scripted.start(gated);
  await Promise.all([...runs.done, ...runs.again].map((id) => scripted.ended(id)));
  // So that nobody mends what is damaged.
  await scripted[Symbol.asyncDispose]();
});
afterAll(() => database[Symbol.asyncDispose]());

const look = (): Promise<AuditReport> => audit({ sql, graphOf: createGraphCache(sql) });

interface Damage {
  rule: Rule;
  run: Kind;
  says: string;
  /** `$1` is the run's id. */
  by: string;
}

const DAMAGES: Record<string, Damage> = {
  'a task that died of its agents and is set aside nowhere': {
    rule: 'I14',
    run: 'held',
    says: 'was failed as poison and has 0 dead letters',
    by: `UPDATE tasks SET status = 'failed', error = '{"class":"lost","code":"POISON","message":"x"}' WHERE run_id = $1`,
  },
  'a dead letter of a task that is well': {
    rule: 'I14',
    run: 'done',
    says: 'was not failed as poison and has 1 dead letters',
    by: `INSERT INTO dead_letters (org_id, queue, reason, body, run_id, task_idx) SELECT org_id, '', '', '', id, 1 FROM runs WHERE id = $1`,
  },
  'an end without a time': {
    rule: 'I1',
    run: 'done',
    says: 'has no end time',
    by: 'UPDATE runs SET finished_at = NULL WHERE id = $1',
  },
  'a wake-up time after the end': {
    rule: 'I1',
    run: 'done',
    says: 'still has a wake-up time',
    by: 'UPDATE runs SET wake_at = now() WHERE id = $1',
  },
  'a task that is lost': {
    rule: 'I1',
    run: 'done',
    says: 'with 1 tasks not over',
    by: 'DELETE FROM tasks WHERE run_id = $1 AND idx = 1',
  },
  'a run that has forgotten to end': {
    rule: 'I1',
    run: 'done',
    says: 'All its tasks are over and it has not ended',
    by: `UPDATE runs SET status = 'running', finished_at = NULL WHERE id = $1`,
  },
  'an open run that nothing will wake': {
    rule: 'I1',
    run: 'held',
    says: 'nothing will ever wake it',
    by: 'UPDATE runs SET wake_at = NULL WHERE id = $1',
  },
  'an open run of which nothing is open': {
    rule: 'I1',
    run: 'waiting',
    says: 'Nothing of it is open',
    by: 'DELETE FROM tasks WHERE run_id = $1',
  },
  'a lease without an end': {
    rule: 'I1',
    run: 'held',
    says: 'Task 0 is running with neither lease',
    by: 'UPDATE tasks SET due_at = NULL WHERE run_id = $1',
  },
  'a wait without a reason': {
    rule: 'I1',
    run: 'waiting',
    says: 'Task 0 is ready with neither',
    by: 'UPDATE tasks SET wait = NULL WHERE run_id = $1',
  },
  'a queued task without a queue': {
    rule: 'I1',
    run: 'held',
    says: 'Task 0 is queued with neither',
    by: `UPDATE tasks SET status = 'queued', queue = NULL WHERE run_id = $1`,
  },
  'a success of another hand-out': {
    rule: 'I2',
    run: 'done',
    says: 'Task 1 succeeded in hand-out 1, and its row says otherwise',
    by: 'UPDATE tasks SET epoch = 2 WHERE run_id = $1 AND idx = 1',
  },
  'an outcome that counted twice': {
    rule: 'I2',
    run: 'done',
    says: 'Task 1 has 2 outcomes: task.succeeded, task.succeeded',
    by: `WITH moved AS (UPDATE runs SET seq = seq + 1 WHERE id = $1 RETURNING *)
      INSERT INTO run_events (run_id, seq_from, seq_to, org_id, at, entries)
      SELECT id, seq, seq, org_id, now(), '[{"type":"task.succeeded","task":1,"epoch":1}]' FROM moved`,
  },
  'a hand-out before its time': {
    rule: 'I3',
    run: 'done',
    says: 'Task 1 was handed out before task 0 was over',
    by: `UPDATE tasks SET status = 'running', due_at = now() WHERE run_id = $1 AND idx = 0`,
  },
  'a start before the end of what it needs': {
    rule: 'I3',
    run: 'done',
    says: 'Task 1 started before task 0 had ended',
    by: `UPDATE tasks SET started_at = started_at - interval '1 hour' WHERE run_id = $1 AND idx = 1`,
  },
  'a run without its version': {
    rule: 'I4',
    run: 'done',
    says: 'Its version is gone',
    by: 'UPDATE runs SET version_id = gen_random_uuid() WHERE id = $1',
  },
  'a run that is gone with all that it was given': {
    rule: 'I4',
    run: 'done',
    says: 'Its row is gone, and 2 tasks and',
    by: 'DELETE FROM runs WHERE id = $1',
  },
  'an attempt that its history has lost': {
    rule: 'I12',
    run: 'again',
    says: 'Hand-out 1 of task 0: events say failed, its history nothing',
    by: 'DELETE FROM attempts WHERE run_id = $1',
  },
  'an attempt in its history that no event tells of': {
    rule: 'I12',
    run: 'done',
    says: 'Hand-out 7 of task 1: events say nothing, its history lost',
    by: `INSERT INTO attempts (run_id, idx, epoch, org_id, attempt, ended, finished_at)
      SELECT id, 1, 7, org_id, 1, 'lost', now() FROM runs WHERE id = $1`,
  },
  'an attempt whose history says another end': {
    rule: 'I12',
    run: 'again',
    says: 'events say failed, its history released',
    by: `UPDATE attempts SET ended = 'released' WHERE run_id = $1`,
  },
  'an output that stands in the store and is kept for nobody': {
    rule: 'I15',
    run: 'done',
    says: `It refers to the object ${'ab'.repeat(32)}, which is not kept for it`,
    by: `UPDATE tasks SET output = '{"deep":[{"$object":"${'ab'.repeat(32)}","bytes":9,"contentType":"text/csv"}]}'
      WHERE run_id = $1 AND idx = 1`,
  },
  'an entry of a hand-out that was no longer current': {
    rule: 'I5',
    run: 'again',
    says: 'An entry (task.succeeded) of task 0 is of hand-out 1, and 2 was the current one',
    by: `UPDATE run_events SET entries = replace(entries::text, '"type":"task.succeeded","task":0,"epoch":2',
      '"type":"task.succeeded","task":0,"epoch":1')::json WHERE run_id = $1 AND entries::text LIKE '%task.succeeded%'`,
  },
  'a late answer to a hand-out that never was': {
    rule: 'I5',
    run: 'done',
    says: 'An answer to hand-out 7 of task 1 was put aside, and it has been handed out 1 times',
    by: `INSERT INTO late_answers (org_id, run_id, idx, epoch, reason, answer)
      SELECT org_id, id, 1, 7, 'x', 'null' FROM runs WHERE id = $1`,
  },
  'an attempt too many': {
    rule: 'I6',
    run: 'done',
    says: 'Task 0 has had 2 of 1 attempts',
    by: 'UPDATE tasks SET attempt = 2 WHERE run_id = $1 AND idx = 0',
  },
  'a hole in the sequence': {
    rule: 'I8',
    run: 'done',
    says: 'follow number 0',
    by: 'DELETE FROM run_events WHERE run_id = $1 AND seq_from = 1',
  },
  'a sequence that ends early': {
    rule: 'I8',
    run: 'done',
    says: 'and the run says',
    by: `DELETE FROM run_events WHERE run_id = $1
      AND seq_from = (SELECT max(seq_from) FROM run_events WHERE run_id = $1)`,
  },
  'an entry that is missing from its commit': {
    rule: 'I8',
    run: 'done',
    says: '(1 of them)',
    by: `UPDATE run_events SET entries = json_build_array(entries -> 0) WHERE run_id = $1 AND seq_from = 1`,
  },
  'a run whose row says what no event said': {
    rule: 'I8',
    run: 'done',
    says: 'Its events make it succeeded; its row says failed',
    by: `UPDATE runs SET status = 'failed' WHERE id = $1`,
  },
  'a task whose row says what no event said': {
    rule: 'I8',
    run: 'done',
    says: 'Task 0: events say losses 0, the row 3',
    by: 'UPDATE tasks SET losses = 3 WHERE run_id = $1 AND idx = 0',
  },
};

describe('the auditor', () => {
  test('finds nothing in what the engine made', async () => {
    const report = await look();
    expect(report.findings).toEqual([]);
    expect(report.runs).toBe(4 * EACH + 1);
    expect(report.events).toBeGreaterThan(report.runs);
  });

  test.each(Object.entries(DAMAGES))('finds %s', async (_, { rule, run, says, by }) => {
    const id = runs[run].pop();
    if (!id) throw new Error('Raise EACH: there are more damages than runs.');
    const before = (await look()).findings.filter((finding) => finding.runId === id);
    expect(before).toEqual([]);
    const { count } = await sql.unsafe(by.replaceAll('$1', '$1::text::uuid'), [toUuid(id)]);
    expect(count).toBeGreaterThan(0);
    const findings = (await look()).findings.filter((finding) => finding.runId === id);
    expect(findings.filter((finding) => finding.rule === rule).map(({ message }) => message)).toContainEqual(
      expect.stringContaining(says),
    );
  });

  test.each([
    ['taken for nothing', 'used + 1', 'counts 2 in use, and 1 tasks'],
    ['given away twice', 'used - 2', 'counts 0 in use, and 1 tasks'],
  ])('finds a concurrency slot that is %s', async (_, used, says) => {
    await sql.unsafe(`UPDATE concurrency_slots SET used = ${used} WHERE key = 'gate'`);
    const slots = (await look()).findings.filter((finding) => finding.rule === 'I9');
    expect(slots).toMatchObject([{ runId: null, message: expect.stringContaining(says) }]);
  });

  test('finds slots of a key that has no row', async () => {
    await sql`DELETE FROM concurrency_slots`;
    const slots = (await look()).findings.filter((finding) => finding.rule === 'I9');
    expect(slots).toMatchObject([{ message: expect.stringContaining('counts 0 in use, and 1 tasks') }]);
  });

  test('finds references to objects that are gone, of the youngest runs first, and says when the store is away', async () => {
    await sql`INSERT INTO run_objects (run_id, hash, org_id, bytes, content_type)
      SELECT id, md5(id::text), org_id, 1, 'text/plain' FROM runs ORDER BY id DESC LIMIT 3`;
    const ask = (has: (hash: string) => Promise<boolean>, maxLooked: number) =>
      audit({ sql, graphOf: createGraphCache(sql), objects: { has, maxLooked } });
    const gone = (report: Awaited<ReturnType<typeof ask>>) =>
      report.findings.filter(
        ({ rule, message }) => rule === 'I15' && message.endsWith('is not in the store.'),
      );
    expect(gone(await ask(async () => true, 10))).toEqual([]);
    expect(gone(await ask(async () => false, 10))).toHaveLength(3);
    const [newest] = await sql<{ id: string }[]>`SELECT id FROM runs ORDER BY id DESC LIMIT 1`;
    const bounded = await ask(async () => false, 1);
    expect(bounded.objects).toEqual({ looked: 1, trouble: null });
    expect(gone(bounded)).toMatchObject([{ runId: fromUuid('run', newest?.id ?? '') }]);
    const away = await ask(() => Promise.reject(new Error('It is away.')), 10);
    expect(away.objects).toMatchObject({ trouble: 'It is away.' });
    expect(gone(away)).toEqual([]);
  });

  test('finds a count of all tasks that is not that of the tasks', async () => {
    await sql`INSERT INTO concurrency_slots (org_id, key, used) VALUES (${toUuid(NO_ORG_ID)}::text::uuid, 'all', 3)`;
    const slots = (await look()).findings.filter(({ message }) => message.startsWith('Concurrency key all'));
    const [{ out } = { out: 0 }] = await sql<{ out: number }[]>`
      SELECT count(*)::int AS out FROM tasks t JOIN runs r ON r.id = t.run_id
      WHERE t.status IN ('queued', 'running') AND r.wake_at IS NOT NULL`;
    expect(out).toBeGreaterThan(3);
    expect(slots).toMatchObject([
      { rule: 'I9', message: expect.stringContaining(`counts 3 in use, and ${out}`) },
    ]);
  });

  test('finds a seat of a task that the agent does not hold', async () => {
    const [runId] = runs.done;
    await sql`
      INSERT INTO agent_seats (agent_id, seat, org_id, run_id, idx, epoch)
      SELECT agent_id, 1, org_id, run_id, idx, epoch FROM tasks WHERE run_id = ${toUuid(runId ?? '')}::text::uuid AND idx = 0`;
    const seats = (await look()).findings.filter(
      ({ rule, message }) => rule === 'I9' && message.includes('seat'),
    );
    expect(seats).toMatchObject([{ runId, message: expect.stringContaining('does not hold it') }]);
  });

  test.each([
    [
      'runs that are due and that nobody looks at',
      `UPDATE runs SET wake_at = now() - interval '2 hours' WHERE status = 'running' AND wake_at IS NOT NULL`,
      /open runs are due and nobody has looked at them, one for 120 min/,
      `UPDATE runs SET wake_at = now() WHERE wake_at IS NOT NULL`,
    ],
    [
      'messages that nobody sends',
      `INSERT INTO outbox (queue, priority, body, created_at) VALUES ('q', 1, '{}', now() - interval '3 hours')`,
      /1 messages wait to be sent, one for 180 min/,
      'DELETE FROM outbox',
    ],
    [
      'an inbox that only grows',
      `INSERT INTO inbox (message_id, at) VALUES ('old', now() - interval '4 days')`,
      /The inbox remembers 1 messages/,
      'DELETE FROM inbox',
    ],
    [
      'a week to come that has no room',
      `DO $$ BEGIN EXECUTE 'DROP TABLE tasks_w' || floor(extract(epoch FROM now() + interval '7 days') / 604800)::int; END $$`,
      /tasks_w\d+ is missing/,
      `SELECT ensure_parts(now(), now() + interval '28 days')`,
    ],
  ])('finds %s', async (_, damage, says, mend) => {
    const house = async () => (await look()).findings.filter(({ rule }) => rule === 'I13');
    await sql.unsafe(damage);
    expect(await house()).toMatchObject([{ runId: null, message: expect.stringMatching(says) }]);
    await sql.unsafe(mend);
    expect(await house()).toEqual([]);
  });

  test('looks only at what was born since, when told', async () => {
    const later = await audit({ sql, graphOf: createGraphCache(sql), sinceMs: Date.now() + 60_000 });
    expect(later.runs).toBe(0);
  });

  test('has a damage here for each of its rules', () => {
    const shown = new Set([...Object.values(DAMAGES).map((damage) => damage.rule), 'I9', 'I13']);
    expect(Object.keys(RULES).filter((rule) => !shown.has(rule))).toEqual([]);
  });

  test('has a rule for each invariant, or tests that are there and say its number', () => {
    const elsewhere = Object.entries(SHOWN_BY_TESTS);
    const numbers = [...Object.keys(RULES), ...elsewhere.map(([rule]) => rule)].map((rule) =>
      Number(rule.slice(1)),
    );
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, at) => at + 1));
    for (const [rule, { tests }] of elsewhere) {
      for (const file of tests) expect(readFileSync(join(ROOT, file), 'utf8'), file).toContain(rule);
    }
  });
});
