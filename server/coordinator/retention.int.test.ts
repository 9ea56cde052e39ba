import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Sql } from '#db/client.ts';
import { connectDatabase } from '#db/client.ts';
import { partOf } from '#db/parts.ts';
import type { AgentHandler } from '#server/agents/agent.ts';
import { DEFAULT_ORG_ID, fromUuid, type RunId, toUuid } from '#server/domain/ids.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { createScriptedEngine } from '#server/testing/scripted-engine.ts';
import { createRetention, type Retention } from './retention.ts';

const DAY_MS = 86_400_000;
const ORG = toUuid(DEFAULT_ORG_ID);
const KEEP = { succeeded: 30, failed: 90, cancelled: 30 };

let database: TestDatabase;
let sql: Sql;
let troubles: string[];

beforeEach(async () => {
  troubles = [];
  database = await createTestDatabase();
  sql = database.sql;
  await sql`SELECT ensure_parts(now() - interval '140 days', now())`;
});

afterEach(() => database[Symbol.asyncDispose]());

function makeRetention(batch = 500): Retention {
  return createRetention({
    url: database.url,
    keepDays: KEEP,
    batch,
    onTrouble: (message, error) => troubles.push(`${message} ${String(error)}`),
  });
}

interface Past {
  status: string;
  daysAgo: number;
  /** Since when it is over; null while it is not. */
  endedDaysAgo?: number | null;
  count?: number;
}

/** Runs of the past with one row in each table that belongs to a run. */
async function addRuns({ status, daysAgo, endedDaysAgo = daysAgo, count = 1 }: Past): Promise<RunId[]> {
  const head = (at: number) => (Date.now() - daysAgo * DAY_MS + at).toString(16).padStart(12, '0');
  const tail = () =>
    Math.floor(Math.random() * 2 ** 48)
      .toString(16)
      .padStart(12, '0');
  const ids = Array.from({ length: count }, (_, at) => `${head(at)}7000800${'0'}${tail()}`);
  const list = `{${ids.join(',')}}`;
  const since = `${daysAgo} days`;
  const ended = endedDaysAgo === null ? null : `${endedDaysAgo} days`;
  await sql`INSERT INTO runs (id, org_id, version_id, status, seq, revision, input, parameters, metadata, labels,
      trigger, tasks_total, tasks_left, created_at, finished_at, updated_at)
    SELECT id, ${ORG}::text::uuid, ${ORG}::text::uuid, ${status}::text::run_status, 1, 1, '{}', '{}', '{}', '{env=prod}', 'test', 1, 0,
      now() - ${since}::text::interval, now() - ${ended}::text::interval, now()
    FROM unnest(${list}::text::uuid[]) AS id`;
  await sql`INSERT INTO tasks (run_id, idx, org_id, stage_key, capability, status, epoch, attempt, losses, progress, output)
    SELECT id, 0, ${ORG}::text::uuid, 's', 'echo', 'succeeded', 1, 1, 0, 1, to_json(repeat(md5(id::text), 40))
    FROM unnest(${list}::text::uuid[]) AS id`;
  await sql`INSERT INTO attempts (run_id, idx, epoch, org_id, attempt, ended, finished_at)
    SELECT id, 0, 1, ${ORG}::text::uuid, 1, 'failed', now() FROM unnest(${list}::text::uuid[]) AS id`;
  await sql`INSERT INTO run_events (run_id, seq_from, seq_to, org_id, at, entries)
    SELECT id, 1, 1, ${ORG}::text::uuid, now(), '[]' FROM unnest(${list}::text::uuid[]) AS id`;
  await sql`INSERT INTO task_stage_logs (run_id, idx, epoch, line, org_id, at, level, message)
    SELECT id, 0, 1, 0, ${ORG}::text::uuid, now(), 'info', 'hello' FROM unnest(${list}::text::uuid[]) AS id`;
  await sql`INSERT INTO run_objects (run_id, hash, org_id, bytes, content_type)
    SELECT id, md5(id::text), ${ORG}::text::uuid, 1, 'text/plain' FROM unnest(${list}::text::uuid[]) AS id`;
  return ids.map((id) => fromUuid('run', id));
}

async function tellOf(
  run: RunId | null,
  { daysAgo, isOpen = false }: { daysAgo: number; isOpen?: boolean },
): Promise<void> {
  const head = (Date.now() - daysAgo * DAY_MS).toString(16).padStart(12, '0');
  const tail = Math.floor(Math.random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
  const id = `${head}70008000${tail}`;
  await sql`INSERT INTO notification_deliveries (id, org_id, kind, address, event, event_key, listener, run_id, body,
      tries_left, state, next_at)
    VALUES (${id}::text::uuid, ${ORG}::text::uuid, 'email', 'a@example.org', 'run.failed', ${id}, 'run email',
      ${run && toUuid(run)}::text::uuid, '{}', 0, ${isOpen ? 'waiting' : 'delivered'},
      CASE WHEN ${isOpen}::bool THEN now() END)`;
}

async function countRows(): Promise<Record<string, number>> {
  const tables = ['runs', 'run_labels', 'tasks', 'attempts', 'run_events', 'task_stage_logs', 'run_objects'];
  const counts = await Promise.all(
    tables.map(async (table) => {
      const [row] = await sql.unsafe<[{ count: number }]>(`SELECT count(*)::int AS count FROM ${table}`);
      return [table, row.count] as const;
    }),
  );
  return Object.fromEntries(counts);
}

const allTables = (count: number) => ({
  runs: count,
  run_labels: count,
  tasks: count,
  attempts: count,
  run_events: count,
  task_stage_logs: count,
  run_objects: count,
});

async function remaining(): Promise<string[]> {
  const rows = await sql<{ status: string }[]>`SELECT status FROM runs ORDER BY created_at`;
  return rows.map((row) => row.status);
}

const hasPart = async (name: string): Promise<boolean> => {
  const [row] = await sql<{ there: boolean }[]>`SELECT to_regclass(${name}) IS NOT NULL AS there`;
  return row?.there === true;
};

describe('retention', () => {
  test('drops a week of which nothing is kept, in all its tables, and gives its disk back', async () => {
    const [first] = await addRuns({ status: 'succeeded', daysAgo: 60, count: 3000 });
    const week = partOf(first ?? '');
    const size = async () => {
      const [row] = await sql<{ bytes: string }[]>`SELECT pg_database_size(current_database()) AS bytes`;
      return Number(row?.bytes);
    };
    const before = await size();
    const [part] = await sql<{ bytes: string }[]>`
      SELECT sum(pg_total_relation_size(oid)) AS bytes FROM pg_class WHERE relkind = 'r' AND relname LIKE ${`%_${week}`}`;
    expect(Number(part?.bytes)).toBeGreaterThan(3_000_000);

    const report = await makeRetention().run();

    expect(troubles).toEqual([]);
    expect(report?.weeks).toContain(Number(week.slice(1)));
    expect(await countRows()).toEqual(allTables(0));
    for (const parent of Object.keys(allTables(0))) expect(await hasPart(`${parent}_${week}`)).toBe(false);
    expect(before - (await size())).toBeGreaterThan(Number(part?.bytes) * 0.9);
  });

  test('deletes expired runs whole and by state, where a neighbour in the same week is kept', async () => {
    await addRuns({ status: 'succeeded', daysAgo: 60, count: 7 });
    await addRuns({ status: 'cancelled', daysAgo: 60, count: 4 });
    await addRuns({ status: 'failed', daysAgo: 60, count: 3 });
    const report = await makeRetention(2).run();
    expect(report).toMatchObject({ runs: 11 });
    expect(new Set(await remaining())).toEqual(new Set(['failed']));
    expect(await countRows()).toEqual(allTables(3));
  });

  test('keeps what is not over, however old, and counts the days from its end', async () => {
    await addRuns({ status: 'paused', daysAgo: 120, endedDaysAgo: null });
    await addRuns({ status: 'running', daysAgo: 119, endedDaysAgo: null });
    await addRuns({ status: 'failed', daysAgo: 118, endedDaysAgo: 10 });
    await addRuns({ status: 'succeeded', daysAgo: 29 });
    await makeRetention().run();
    expect(await remaining()).toEqual(['paused', 'running', 'failed', 'succeeded']);
    expect(await countRows()).toEqual(allTables(4));
  });

  test('makes the parts of the next four weeks, and drops old empty ones', async () => {
    const week = (days: number) => Math.floor((Date.now() + days * DAY_MS) / (7 * DAY_MS));
    await sql.unsafe(`DROP TABLE runs_w${week(21)}, tasks_w${week(14)}`);
    await makeRetention().run();
    for (const days of [-7, 0, 7, 14, 21, 28]) {
      expect(await hasPart(`runs_w${week(days)}`)).toBe(true);
      expect(await hasPart(`tasks_w${week(days)}`)).toBe(true);
    }
    expect(await hasPart(`runs_w${week(-21)}`)).toBe(false);
  });

  test('ends what an interruption left: a part that is half detached, and one that nobody owns', async () => {
    const [first] = await addRuns({ status: 'succeeded', daysAgo: 60 });
    const week = partOf(first ?? '');
    await sql.unsafe(`ALTER TABLE run_objects DETACH PARTITION run_objects_${week}`);
    // A reader holds the part, so detaching it stops half-way, and the connection dies there.
    const reader = connectDatabase({ url: database.url, applicationName: 'reader', max: 1 });
    const interrupted = connectDatabase({ url: database.url, applicationName: 'interrupted', max: 1 });
    await reader.begin(async (open) => {
      await open.unsafe(`SELECT count(*) FROM task_stage_logs`);
      await interrupted`SET lock_timeout = '100ms'`;
      const detach = interrupted.unsafe(
        `ALTER TABLE task_stage_logs DETACH PARTITION task_stage_logs_${week} CONCURRENTLY`,
      );
      await expect(detach).rejects.toMatchObject({ code: '55P03' });
    });
    const [link] = await sql`SELECT inhdetachpending AS pending FROM pg_inherits
      WHERE inhrelid = to_regclass(${`task_stage_logs_${week}`})`;
    expect(link).toEqual({ pending: true });
    await Promise.all([reader.end(), interrupted.end()]);

    await makeRetention().run();

    expect(troubles).toEqual([]);
    for (const parent of Object.keys(allTables(0))) expect(await hasPart(`${parent}_${week}`)).toBe(false);
  });

  test('is done by one process at a time', async () => {
    await addRuns({ status: 'succeeded', daysAgo: 60 });
    const reports = await Promise.all([makeRetention().run(), makeRetention().run()]);
    // Whoever comes while the other works does nothing; one that comes after finds nothing.
    const working = reports.filter((report) => report !== null && report.weeks.length > 0);
    expect(working).toHaveLength(1);
    expect(await countRows()).toEqual(allTables(0));
  });

  test('sheds what the inbox and its neighbours need no longer, and nothing else', async () => {
    const [kept] = await addRuns({ status: 'failed', daysAgo: 40 });
    await sql`INSERT INTO inbox (message_id, at) SELECT 'old ' || n, now() - interval '49 hours' FROM generate_series(1, 7) n`;
    await sql`INSERT INTO inbox (message_id, at) VALUES ('new', now() - interval '47 hours')`;
    await sql`INSERT INTO idempotency_keys (org_id, key, request_hash, run_id, created_at) VALUES
      (${ORG}::text::uuid, 'gone', '', gen_random_uuid(), now() - interval '40 days'),
      (${ORG}::text::uuid, 'young', '', gen_random_uuid(), now() - interval '1 day'),
      (${ORG}::text::uuid, 'kept', '', ${toUuid(kept ?? ('' as RunId))}::text::uuid, now() - interval '40 days')`;
    await sql`INSERT INTO dead_letters (queue, reason, body, created_at, closed_at) VALUES
      ('closed', '', '', now() - interval '200 days', now() - interval '91 days'),
      ('open', '', '', now() - interval '200 days', NULL),
      ('lately', '', '', now() - interval '200 days', now() - interval '2 days')`;
    await sql`INSERT INTO dead_letters (queue, reason, body, run_id, task_idx, closed_at) VALUES
      ('task of a kept run', '', '', ${toUuid(kept ?? ('' as RunId))}::text::uuid, 0, now() - interval '91 days'),
      ('task of no run', '', '', gen_random_uuid(), 0, NULL)`;
    await sql`INSERT INTO late_answers (org_id, run_id, idx, epoch, reason, answer, at) VALUES
      (${ORG}::text::uuid, gen_random_uuid(), 0, 1, 'old', '{}', now() - interval '91 days'),
      (${ORG}::text::uuid, gen_random_uuid(), 0, 1, 'new', '{}', now() - interval '89 days')`;

    await tellOf(null, { daysAgo: 91 });
    await tellOf(null, { daysAgo: 89 });
    await tellOf(null, { daysAgo: 91, isOpen: true });

    const report = await makeRetention(3).run();

    expect(report?.shed).toMatchObject({ notification_deliveries: 1 });
    expect(report?.shed).toMatchObject({ inbox: 7, idempotency_keys: 1, dead_letters: 2, late_answers: 1 });
    expect(await sql`SELECT message_id FROM inbox`).toEqual([{ message_id: 'new' }]);
    expect(await sql`SELECT key FROM idempotency_keys ORDER BY key`).toEqual([
      { key: 'kept' },
      { key: 'young' },
    ]);
    expect(await sql`SELECT queue FROM dead_letters ORDER BY queue`).toEqual([
      { queue: 'lately' },
      { queue: 'open' },
      { queue: 'task of a kept run' },
    ]);
    expect(await sql`SELECT reason FROM late_answers`).toEqual([{ reason: 'new' }]);
  });

  test('sheds the history of agents, but for what each was last', async () => {
    const agent = crypto.randomUUID();
    await sql`INSERT INTO agents (id, org_id, name, transport, capabilities)
      VALUES (${agent}::text::uuid, ${ORG}::text::uuid, 'old', 'pull', '[]')`;
    await sql`INSERT INTO agent_history (org_id, agent_id, at, state) VALUES
      (${ORG}::text::uuid, ${agent}::text::uuid, now() - interval '200 days', 'online'),
      (${ORG}::text::uuid, ${agent}::text::uuid, now() - interval '199 days', 'offline')`;
    expect((await makeRetention().run())?.shed).toMatchObject({ agent_history: 1 });
    expect(await sql`SELECT state FROM agent_history`).toEqual([{ state: 'offline' }]);
    await sql`DELETE FROM agents`;
  });

  test('takes with a run what was told of it, and leaves what was told of others', async () => {
    const [old] = await addRuns({ status: 'succeeded', daysAgo: 40 });
    const [kept] = await addRuns({ status: 'failed', daysAgo: 40 });
    await tellOf(old ?? null, { daysAgo: 40 });
    await tellOf(kept ?? null, { daysAgo: 40 });
    await makeRetention().run();
    const rows = await sql<
      { id: string }[]
    >`SELECT replace(run_id::text, '-', '') AS id FROM notification_deliveries`;
    expect(rows.map(({ id }) => `run_${id}`)).toEqual([kept]);
  });

  test('works beside a busy engine, which knows of a dropped run only that there is none', async () => {
    const [old] = await addRuns({ status: 'succeeded', daysAgo: 60, count: 50 });
    const echo: AgentHandler = async ({ input }) => input;
    await using scripted = await createScriptedEngine({ url: database.url, handlers: { echo } });
    const graph = {
      stages: [
        { key: 'a', type: 'echo' },
        { key: 'b', type: 'echo' },
      ],
      dependencies: [{ from: 'a', to: 'b' }],
    };
    const retention = makeRetention();
    const started = Promise.all(Array.from({ length: 100 }, () => scripted.start(graph, 1)));
    retention.start();
    const ids = await started;
    await Promise.all(ids.map((id) => scripted.ended(id)));
    await expect.poll(() => hasPart(`runs_${partOf(old ?? '')}`), { timeout: 60_000 }).toBe(false);
    await retention.stop();
    expect(await scripted.tell(old as RunId, { type: 'cancel', graceMs: 0 })).toMatchObject({
      code: 'NO_RUN',
    });
    expect([...troubles, ...scripted.troubles]).toEqual([]);
    expect(await scripted.audit()).toMatchObject({ runs: 100, findings: [] });
  });
});
