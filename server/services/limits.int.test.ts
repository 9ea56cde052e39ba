import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { DEFAULT_ORG_ID, type RunId, toUuid } from '#server/domain/ids.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { readAgentHistory } from './agent/history.ts';
import { readAgentWork } from './agent/work.ts';
import { readHome } from './analytics/home.ts';
import { readUsage } from './mcp/usage.ts';
import { createPipeline } from './pipeline/create.ts';
import { updatePipeline } from './pipeline/update.ts';
import { listAttempts } from './run/attempts.ts';
import { getRun } from './run/get.ts';
import { readLineage } from './run/lineage.ts';
import { type Revealed, revealRun } from './run/reveal.ts';
import { startRun } from './run/start.ts';

let program: TestApp;
const at = () => [program.services, program.actor] as const;
const sql = () => program.database.sql;
const org = () => toUuid(program.actor.orgId);
const PATIENCE = { timeout: 120_000, interval: 30 };

let names = 0;
async function runToEnd(): Promise<RunId> {
  const document = { stages: [{ key: 'only', type: 'echo' }] };
  const { id: pipelineId } = await createPipeline(...at(), {
    ...{ name: `beyond ${++names}`, document, publish: true },
  });
  const { run } = await startRun(...at(), { pipelineId, input: {} });
  await vi.waitFor(
    async () => expect(isRunOver((await getRun(...at(), { id: run.id })).status)).toBe(true),
    PATIENCE,
  );
  return run.id;
}

const join = (name: string) =>
  program.services.agents.registry.register(DEFAULT_ORG_ID, {
    ...{ name, transport: 'pull' as const, capabilities: [{ name: 'nothing' }] },
  });

beforeAll(async () => {
  program = await startTestApp();
});
afterAll(() => program[Symbol.asyncDispose]());

/** Ids of the same week that differ in their last letters. */
const nth = "overlay(id::text placing lpad(to_hex(n), 8, '0') from 29)";

describe('of a run', () => {
  test('what all attempts said is revealed, however many there were', async () => {
    const id = await runToEnd();
    await sql()`UPDATE tasks SET epoch = 2105, attempt = 2105 WHERE run_id = ${toUuid(id)}::text::uuid`;
    await sql()`INSERT INTO attempts (run_id, idx, epoch, org_id, attempt, ended, finished_at)
      SELECT ${toUuid(id)}::text::uuid, 0, n, ${org()}::text::uuid, n, 'failed', now() FROM generate_series(1, 2104) n`;
    const epochs: number[] = [];
    let attemptsAfter: number | null = 0;
    while (attemptsAfter !== null) {
      const { task }: Revealed = await revealRun(...at(), { id, stage: 0, attemptsAfter });
      epochs.push(...(task?.attempts.map(({ epoch }) => epoch) ?? []));
      attemptsAfter = task?.nextAttemptsAfter ?? null;
    }
    expect(epochs).toEqual(Array.from({ length: 2105 }, (_, at) => at + 1));
  });

  test('all attempts are reached, page by page', async () => {
    const id = await runToEnd();
    await sql()`UPDATE tasks SET epoch = 8, attempt = 8 WHERE run_id = ${toUuid(id)}::text::uuid`;
    await sql()`INSERT INTO attempts (run_id, idx, epoch, org_id, attempt, ended, finished_at)
      SELECT ${toUuid(id)}::text::uuid, 0, n, ${org()}::text::uuid, n, 'failed', now() FROM generate_series(1, 7) n`;
    const epochs: number[] = [];
    let cursor: string | null = null;
    do {
      const input = { id, limit: 3, ...(cursor === null ? {} : { cursor }) };
      const page: Awaited<ReturnType<typeof listAttempts>> = await listAttempts(...at(), input);
      epochs.push(...page.items.map(({ epoch }) => epoch));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(epochs).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await listAttempts(...at(), { id })).nextCursor).toBeNull();
  });

  test('it is said that there are more replays than are told', async () => {
    const id = await runToEnd();
    const uuid = toUuid(id);
    const copy = (count: number) =>
      sql().unsafe(
        `INSERT INTO runs SELECT (json_populate_record(r, json_build_object('id', ${nth}, 'replay_of', r.id))).*
         FROM runs r, generate_series(1, ${count}) n WHERE r.id = '${uuid}'::uuid ON CONFLICT DO NOTHING`,
      );
    await copy(200);
    const told = async () => {
      const { replays, hasMoreReplays, ancestors, hasMoreAncestors } = await readLineage(...at(), { id });
      return [replays.length, hasMoreReplays, ancestors.length, hasMoreAncestors];
    };
    expect(await told()).toEqual([200, false, 0, false]);
    await copy(201);
    expect(await told()).toEqual([200, true, 0, false]);
  });

  test('it is said that the line of what it replays goes on', async () => {
    const id = await runToEnd();
    await sql().unsafe(
      `INSERT INTO runs SELECT (json_populate_record(r, json_build_object('id', ${nth}, 'replay_of',
           CASE n WHEN 1 THEN r.id::text ELSE ${nth.replace('to_hex(n)', 'to_hex(n - 1)')} END))).*
       FROM runs r, generate_series(1, 101) n WHERE r.id = '${toUuid(id)}'::uuid`,
    );
    const of = async (n: number) => {
      const last = `${id.slice(0, -8)}${n.toString(16).padStart(8, '0')}` as RunId;
      const { ancestors, hasMoreAncestors } = await readLineage(...at(), { id: last });
      return [ancestors.length, hasMoreAncestors];
    };
    expect(await of(100)).toEqual([100, false]);
    expect(await of(101)).toEqual([100, true]);
  });
});

describe('of an agent', () => {
  test('the newest changes are told, and nothing of the time before the oldest of them', async () => {
    const { id } = await join('restless');
    const agent = toUuid(id);
    await sql()`DELETE FROM agent_history WHERE agent_id = ${agent}::text::uuid`;
    await sql()`INSERT INTO agent_history (org_id, agent_id, at, state)
      SELECT ${org()}::text::uuid, ${agent}::text::uuid, now() - make_interval(mins => 1440 + 60 - n),
        CASE n % 2 WHEN 0 THEN 'online' ELSE 'offline' END FROM generate_series(1, 1500) n`;
    const { from, changes } = await readAgentHistory(...at(), { id });
    expect(changes).toHaveLength(1000);
    expect(changes.at(-1)?.state).toBe('online');
    expect(Date.now() - (changes.at(-1)?.at.getTime() ?? 0)).toBeLessThan(10 * 60_000);
    expect(changes[0]?.at.getTime()).toBeGreaterThan(from.getTime() + 3_600_000);
    // Where all fit, the state at the beginning is told too.
    const hour = await readAgentHistory(...at(), { id, hours: 1 });
    expect(hour.changes[0]?.at).toEqual(hour.from);
  });

  test('it is said that it has more in hand', async () => {
    const run = toUuid(await runToEnd());
    const { id } = await join('laden');
    const give = (count: number) =>
      sql().unsafe(
        `INSERT INTO tasks SELECT (json_populate_record(t, json_build_object('idx', n, 'status', 'running',
             'agent_id', '${toUuid(id)}', 'finished_at', NULL))).*
         FROM tasks t, generate_series(1, ${count}) n WHERE t.run_id = '${run}'::uuid AND t.idx = 0
         ON CONFLICT DO NOTHING`,
      );
    await give(200);
    expect(await readAgentWork(...at(), { id })).toMatchObject({ hasMore: false });
    await give(201);
    const { current, hasMore } = await readAgentWork(...at(), { id });
    expect([current.length, hasMore]).toEqual([200, true]);
    await sql().unsafe(`DELETE FROM tasks WHERE run_id = '${run}'::uuid AND idx > 0`);
  });
});

test('home counts agents beyond a page of their list, and letters up to the number that stands for more', async () => {
  const before = (await readHome(...at())).agents?.all ?? 0;
  await sql()`INSERT INTO agents SELECT (json_populate_record(a, json_build_object('id', gen_random_uuid(), 'instance', n::text))).*
    FROM agents a, generate_series(1, 1100) n WHERE a.name = 'restless'`;
  await sql()`INSERT INTO dead_letters (org_id, queue, reason, body)
    SELECT ${org()}::text::uuid, 'q', 'r', '{}' FROM generate_series(1, 501)`;
  const home = await readHome(...at());
  expect([home.agents?.all, home.deadLetters]).toEqual([before + 1100, 500]);
  await sql()`DELETE FROM agents WHERE name = 'restless' AND instance ~ '^[0-9]+$'`;
});

test('it is said that there are tools beyond those that are called most', async () => {
  const use = (count: number) => sql()`INSERT INTO mcp_usage
      (org_id, connection_id, tool, day, calls, tool_errors, faults, refusals, total_ms, max_ms, got_bytes, last_at)
    SELECT ${org()}::text::uuid, '00000000-0000-7000-8000-000000000001'::uuid, 't' || n, current_date, 1, 0, 0, 0, 1, 1, 1, now()
    FROM generate_series(1, ${count}::int) n ON CONFLICT DO NOTHING`;
  await use(1000);
  expect((await readUsage(...at(), {})).hasMoreTools).toBe(false);
  await use(1001);
  const { tools, hasMoreTools } = await readUsage(...at(), {});
  expect([tools.length, hasMoreTools]).toEqual([1000, true]);
});

test('one pipeline more than models are shown is not offered, and it is said why', async () => {
  const { id } = await createPipeline(...at(), { name: 'offered', document: {}, publish: false });
  const [one] = await sql()<{ id: string }[]>`SELECT id FROM pipelines WHERE id = ${toUuid(id)}::text::uuid`;
  await sql()`INSERT INTO pipelines SELECT (json_populate_record(p, json_build_object(
      'id', gen_random_uuid(), 'name', 'offered ' || n, 'tool_name', 'tool_' || n))).*
    FROM pipelines p, generate_series(1, 199) n WHERE p.id = ${one?.id ?? ''}::text::uuid`;
  await updatePipeline(...at(), { id, tool_name: 'the_last' });
  // Another name for one that is offered already is no further one.
  expect(await updatePipeline(...at(), { id, tool_name: 'renamed' })).toMatchObject({ toolName: 'renamed' });
  const { id: next } = await createPipeline(...at(), { name: 'one more', document: {}, publish: false });
  await expect(updatePipeline(...at(), { id: next, tool_name: 'too_many' })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('200 pipelines are offered'),
  });
});
