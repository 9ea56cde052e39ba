import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { makeId, taskId } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { createDataAgents } from '../agents.ts';
import { failureOf, memoryObjects } from '../testing/harness.ts';
import { type DataPoolOptions, defaultPoolOptions } from './options.ts';
import { createDataPool, type DataPool } from './pool.ts';

const RUN = makeId('run', '00000000-0000-7000-8000-000000000002');
const ENDLESS = 'SELECT sum(a.range * b.range) AS n FROM range(100000000) a, range(100000000) b';
const GREEDY =
  "SELECT string_agg(repeat(chr(97 + (range % 26)::INTEGER), 1000000), '') AS text FROM range(400)";

const PATIENCE = { timeout: 60_000 };

let pool: DataPool | undefined;
afterEach(() => pool?.stop());

const scratchRoot = mkdtempSync(join(tmpdir(), 'pool-test-'));

function start(options: Partial<DataPoolOptions> = {}): DataPool {
  pool = createDataPool({ ...defaultPoolOptions(), size: 1, scratchRoot, ...options });
  return pool;
}

function runSql(on: DataPool, sql: string, signal = new AbortController().signal): Promise<JsonObject> {
  const agent = createDataAgents({ pool: on, now: () => 0 }).find((one) =>
    one.capabilities.includes('transformation'),
  );
  if (!agent) throw new Error('no agent');
  const context = { signal, log: () => {}, progress: () => {}, partial: () => {}, objects: memoryObjects() };
  const assignment = {
    taskId: taskId(RUN, 0),
    runId: RUN,
    epoch: 1,
    attempt: 1,
    stageKey: 'stage',
    capability: 'transformation',
    config: { sql },
    input: [{ a: 1 }],
    parameters: {},
  };
  return agent.handle(assignment, context) as Promise<JsonObject>;
}

const works = async (on: DataPool) =>
  expect((await runSql(on, 'SELECT a + 1 AS b FROM input')).rows).toEqual([{ b: 2 }]);

test('a task that is told to stop ends at once, its process is gone and the next task works', async () => {
  const on = start();
  await works(on);
  const [before] = on.pids();
  const controller = new AbortController();
  const stopped = failureOf(runSql(on, ENDLESS, controller.signal));
  controller.abort(new Error('run cancelled'));
  expect(await stopped).toMatchObject({ code: 'ABORTED' });
  expect((await stopped).message).toContain('run cancelled');
  expect(existsSync(`/proc/${before}`)).toBe(false);
  await works(on);
});

test('a task over its time fails with class timeout, and the next task works', async () => {
  const on = start({ timeoutMs: 5_000 });
  expect(await failureOf(runSql(on, ENDLESS))).toMatchObject({ errorClass: 'timeout', code: 'TIME_LIMIT' });
  await works(on);
});

test('a query over the memory of the engine fails with a sentence about it', async () => {
  const on = start({ memoryMb: 64, spillMb: 0 });
  expect(await failureOf(runSql(on, GREEDY))).toMatchObject({ code: 'MEMORY_LIMIT', errorClass: 'agent' });
  await works(on);
});

test('a process over its resident memory is killed and replaced', async () => {
  const on = start({ memoryMb: 4_096, residentMb: 220 });
  await works(on);
  const [before] = on.pids();
  const failure = await failureOf(runSql(on, GREEDY));
  expect(failure).toMatchObject({ code: 'MEMORY_LIMIT' });
  expect(failure.message).toContain('220 MiB');
  expect(existsSync(`/proc/${before}`)).toBe(false);
  await works(on);
  expect(on.pids()).not.toContain(before);
});

test('files over the limit of the scratch folder end the task', async () => {
  const on = start({ scratchMb: 20, memoryMb: 256 });
  const sql =
    'SELECT range AS a, hash(range) AS b, hash(range + 1) AS c, hash(range + 2) AS d FROM range(4000000)';
  expect((await failureOf(runSql(on, sql))).code).toBe('DISK_LIMIT');
});

test('a process that dies in the middle of a task fails that task only', async () => {
  const on = start();
  await works(on);
  const [pid] = on.pids();
  const failed = failureOf(runSql(on, ENDLESS));
  await vi.waitFor(() => expect(processorTicks(pid ?? 0)).toBeGreaterThan(0), PATIENCE);
  process.kill(pid ?? 0, 'SIGKILL');
  expect(await failed).toMatchObject({ errorClass: 'agent', code: 'CHILD_CRASHED' });
  await works(on);
});

test('a process that dies between two tasks is replaced', async () => {
  const on = start();
  await works(on);
  const [pid] = on.pids();
  process.kill(pid ?? 0, 'SIGKILL');
  await vi.waitFor(() => expect(on.pids()).toEqual([]), PATIENCE);
  await works(on);
});

test('a process is replaced after its number of tasks', async () => {
  const on = start({ tasksPerChild: 2 });
  await works(on);
  const first = on.pids();
  await works(on);
  await works(on);
  expect(on.pids()).not.toEqual(first);
});

test('tasks wait for a free process, and one that is told to stop while it waits never begins', async () => {
  const on = start();
  const controller = new AbortController();
  const running = works(on);
  const waiting = failureOf(runSql(on, 'SELECT 1 AS a', controller.signal));
  const after = works(on);
  controller.abort();
  expect(await waiting).toMatchObject({ code: 'ABORTED' });
  await Promise.all([running, after]);
});

test('SQL nested beyond all measure fails alone', async () => {
  const on = start();
  const sql = `SELECT ${'abs('.repeat(3_900)}1${')'.repeat(3_900)} AS a`;
  expect(['SQL_INVALID', 'SQL_REFUSED', 'QUERY_FAILED', 'CHILD_CRASHED']).toContain(
    (await failureOf(runSql(on, sql))).code,
  );
  await works(on);
});

test('a child has none of our environment', async () => {
  process.env.SIGNALBOX_TEST_SECRET = 'do-not-tell';
  const on = start();
  await works(on);
  const environment = readFileSync(`/proc/${on.pids()[0]}/environ`, 'utf8');
  delete process.env.SIGNALBOX_TEST_SECRET;
  expect(environment).toContain('TZ=UTC');
  expect(environment).not.toContain('do-not-tell');
});

test('one task sees nothing of the task before it', async () => {
  const on = start();
  await works(on);
  const folder =
    readdirSync(scratchRoot).find((name) => name.startsWith(`signalbox-data-${process.pid}-`)) ?? '';
  expect(readdirSync(join(scratchRoot, folder))).toEqual([]);
  expect((await failureOf(runSql(on, 'SELECT * FROM "next input"'))).code).toBe('SQL_REFUSED');
});

test('stop ends the processes and removes the folders, and later tasks are refused', async () => {
  const on = start();
  await works(on);
  const pids = on.pids();
  await on.stop();
  expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  expect(readdirSync(scratchRoot)).toEqual([]);
  expect((await failureOf(runSql(on, 'SELECT 1 AS a'))).code).toBe('STOPPED');
});

test('stop in the middle of a task gives the task up as lost and leaves no folder', async () => {
  const on = start();
  await works(on);
  const failed = failureOf(runSql(on, ENDLESS));
  await vi.waitFor(() => expect(processorTicks(on.pids()[0] ?? 0)).toBeGreaterThan(0), PATIENCE);
  await on.stop();
  expect(await failed).toMatchObject({ errorClass: 'lost', code: 'STOPPED' });
  expect(readdirSync(scratchRoot)).toEqual([]);
});

test('folders that a killed server left behind are removed, those of a live one are kept', async () => {
  const gone = Number(execFileSync(process.execPath, ['-p', 'process.pid']));
  mkdirSync(join(scratchRoot, `signalbox-data-${gone}-x`));
  mkdirSync(join(scratchRoot, 'signalbox-data-1-kept'));
  const on = start();
  const names = readdirSync(scratchRoot);
  expect(names).not.toContain(`signalbox-data-${gone}-x`);
  expect(names).toContain('signalbox-data-1-kept');
  await on.stop();
});

/** Processor time that the process has used, in ticks. */
function processorTicks(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[13]);
}

test('processes are there before the first task, or come with it where nobody may ever ask', async () => {
  const warm = start({ size: 2 });
  expect(warm.pids()).toHaveLength(2);
  await warm.stop();
  const cold = start({ size: 2, isWarm: false });
  expect(cold.pids()).toEqual([]);
  await works(cold);
  expect(cold.pids()).toHaveLength(1);
});
