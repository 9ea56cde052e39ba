import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HOUR_MS } from '#server/domain/analytics/levels.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { fillHistory, historyGraph } from '#server/testing/history.ts';
import { createAggregator } from './aggregator.ts';
import { countSlices, type GraphOf } from './count-slices.ts';

const RUNS = 1_500;
const TOTALS = ['run_totals', 'task_totals'] as const;
const TABLES = ['run_rollups', 'task_rollups', ...TOTALS, 'error_groups', 'analytics_slices'] as const;
const NO_TAG_NO_AGENT = `tag = '' AND agent_id IS NULL`;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await fillHistory(database.sql, { runs: RUNS, days: 2, pipelines: 3, agents: 3 });
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(forget);

/** As if nothing had been counted yet. */
async function forget(): Promise<void> {
  await database.sql.unsafe(`TRUNCATE ${TABLES.join(', ')}`);
  await database.sql`UPDATE analytics_progress SET counted_until = NULL, hours_until = NULL, days_until = NULL`;
}

function newAggregator(graphOf: GraphOf = async () => historyGraph) {
  const aggregator = createAggregator({
    url: database.url,
    graphOf,
    onTrouble: (message, error) => expect.unreachable(`${message} ${error}`),
  });
  return { run: aggregator.run, [Symbol.asyncDispose]: () => aggregator.stop() };
}

const rowsOf = async (table: string): Promise<string[]> => {
  const rows = await database.sql.unsafe<{ row: string }[]>(
    `SELECT t::text AS row FROM ${table} t ORDER BY 1`,
  );
  return rows.map(({ row }) => row);
};
const everything = async () =>
  Object.fromEntries(await Promise.all(TABLES.map(async (name) => [name, await rowsOf(name)])));
const sums = async (level: number, until?: Date) => {
  const [row] = await database.sql.unsafe(
    `SELECT sum(succeeded)::int AS succeeded, sum(failed)::int AS failed, sum(cancelled)::int AS cancelled
     FROM run_rollups WHERE level = $1::text::smallint AND ${NO_TAG_NO_AGENT} AND at < coalesce($2::text::timestamptz, 'infinity')`,
    [String(level), until?.toISOString() ?? null],
  );
  return row;
};
const truth = async (until?: Date) => {
  const [row] = await database.sql.unsafe(
    `SELECT count(*) FILTER (WHERE status = 'succeeded')::int AS succeeded, count(*) FILTER (WHERE status = 'failed')::int AS failed,
       count(*) FILTER (WHERE status = 'cancelled')::int AS cancelled
     FROM runs WHERE finished_at < coalesce($1::text::timestamptz, 'infinity')`,
    [until?.toISOString() ?? null],
  );
  return row;
};
const marks = async () => {
  const [row] = await database.sql<[{ hours: Date; days: Date }]>`
    SELECT hours_until AS hours, days_until AS days FROM analytics_progress`;
  return row;
};

describe('what has ended is counted', () => {
  test('by slice, hour and day alike, as it stands in the tables', async () => {
    await using one = newAggregator();
    expect(await one.run()).toBe(true);
    expect(await sums(0)).toEqual(await truth());
    const { hours, days } = await marks();
    expect(await sums(1, hours)).toEqual(await truth(hours));
    expect(await sums(2, days)).toEqual(await truth(days));
    expect(Date.now() - hours.getTime()).toBeLessThan(2 * HOUR_MS);
    const [work] = await database.sql`
      SELECT sum(tasks)::int AS tasks, sum(attempts)::int AS attempts, sum(lost_attempts)::int AS lost
      FROM task_rollups WHERE level = 0 AND tag = ''`;
    const [real] = await database.sql`
      SELECT count(*)::int AS tasks, (count(*) + (SELECT count(*) FROM attempts))::int AS attempts,
        (SELECT count(*) FROM attempts WHERE ended = 'lost')::int AS lost FROM tasks`;
    expect(work).toEqual(real);
  });

  test('the same if it is counted again from nothing, or over what is there', async () => {
    await using one = newAggregator();
    await one.run();
    const first = await everything();
    expect(first.task_rollups?.length).toBeGreaterThan(500);
    // Every slice counts as one in which more has ended than is known.
    await database.sql`UPDATE analytics_slices SET runs = 0`;
    await database.sql`UPDATE analytics_progress SET counted_until = NULL`;
    await one.run();
    expect(await everything()).toEqual(first);
    await forget();
    await one.run();
    expect(await everything()).toEqual(first);
  });

  test('with a rest after each page of a long stretch, which changes nothing in what is counted', async () => {
    await using one = newAggregator();
    await one.run();
    const first = await rowsOf('task_rollups');
    const slices = await database.sql<{ orgId: string; at: number; runs: number }[]>`
      SELECT replace(org_id::text, '-', '') AS "orgId", extract(epoch FROM at)::float8 * 1000 AS at, runs FROM analytics_slices`;
    const [{ orgId } = { orgId: '' }] = slices;
    const ended = slices.reduce((sum, { runs }) => sum + runs, 0);
    const ats = slices.map(({ at }) => at);
    const rests: number[] = [];
    const rest = async (workedMs: number) => rests.push(workedMs);
    await countSlices(database.sql, { orgId, ats, rest }, async () => historyGraph);
    expect(rests).toHaveLength(Math.floor(ended / 500));
    expect(Math.min(...rests)).toBeGreaterThan(0);
    expect(await rowsOf('task_rollups')).toEqual(first);
  });

  test('to the end by the next process when one dies half-way', async () => {
    const started = Promise.withResolvers<void>();
    let graphs = 0;
    // It never comes back from its three hundredth run: its transaction is cut off in the middle of an hour.
    await using dying = newAggregator(() => {
      graphs += 1;
      if (graphs < 300) return Promise.resolve(historyGraph);
      started.resolve();
      return new Promise(() => undefined);
    });
    const cutOff = dying.run().catch(() => 'cut off');
    await started.promise;
    await database.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'signalbox-analytics'`;
    const [half] = await database.sql`SELECT sum(runs)::int AS runs FROM analytics_slices`;
    expect(half?.runs).toBeLessThan(RUNS);
    await using next = newAggregator();
    await expect.poll(() => next.run(), { timeout: 30_000 }).toBe(true);
    expect(await sums(0)).toEqual(await truth());
    void cutOff;
  });

  test('once, when two processes are at it together', async () => {
    await using one = newAggregator();
    await using other = newAggregator();
    await Promise.all([one.run(), other.run()]);
    await expect.poll(() => one.run(), { timeout: 30_000 }).toBe(true);
    expect(await sums(0)).toEqual(await truth());
  });

  test('also what was committed long after it ended, in the sums of its hour and its day too', async () => {
    await using one = newAggregator();
    await one.run();
    await database.sql`UPDATE runs SET finished_at = finished_at - interval '1 day', created_at = created_at - interval '1 day'
      WHERE id = (SELECT id FROM runs WHERE status = 'succeeded' ORDER BY id DESC LIMIT 1)`;
    await database.sql`UPDATE analytics_slices SET runs = 0 WHERE at > now() - interval '2 hours'`;
    // A process that has just started looks further back than one that goes on.
    await using fresh = newAggregator();
    expect(await fresh.run()).toBe(true);
    const { hours, days } = await marks();
    expect([await sums(0), await sums(1, hours), await sums(2, days)]).toEqual([
      await truth(),
      await truth(hours),
      await truth(days),
    ]);
  });

  test('but for an hour that cannot be counted, which spoils no other and is counted as soon as it can be', async () => {
    const { sql } = database;
    const [{ at } = { at: new Date() }] = await sql<{ at: Date }[]>`
      SELECT date_trunc('hour', max(finished_at)) AS at FROM runs WHERE finished_at < now() - interval '3 hours'`;
    await sql.unsafe(`CREATE FUNCTION no_such_hour() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.at >= '${at.toISOString()}' AND NEW.at < timestamptz '${at.toISOString()}' + interval '1 hour' THEN
          RAISE 'it cannot be counted' USING ERRCODE = '22021'; END IF;
        RETURN NEW; END $$;
      CREATE TRIGGER no_such_hour BEFORE INSERT ON analytics_slices FOR EACH ROW EXECUTE FUNCTION no_such_hour()`);
    await using one = newAggregator();
    try {
      await expect(one.run()).rejects.toThrow('it cannot be counted');
      const [before] = await sql`SELECT count(*)::int AS runs FROM runs
        WHERE finished_at >= ${at} AND finished_at < ${at}::timestamptz + interval '1 hour'`;
      const counted = Object.values((await sums(0)) ?? {}).reduce((sum, count) => sum + count, 0);
      const ended = Object.values((await truth()) ?? {}).reduce((sum, count) => sum + count, 0);
      expect(before?.runs).toBeGreaterThan(0);
      expect(counted).toBe(ended - before?.runs);
      expect((await marks())?.hours).not.toBeNull();
    } finally {
      await sql.unsafe('DROP TRIGGER no_such_hour ON analytics_slices; DROP FUNCTION no_such_hour()');
    }
    expect(await one.run()).toBe(true);
    expect(await sums(0)).toEqual(await truth());
    const { hours } = await marks();
    expect(await sums(1, hours)).toEqual(await truth(hours));
  });

  test('also with a zero character in the code of a failure', async () => {
    await using one = newAggregator();
    const { sql } = database;
    const odd = { class: 'agent', code: 'A\u0000B', message: 'of\u0000f' };
    const [kept] =
      await sql`SELECT id, error::text, error_group FROM runs WHERE error IS NOT NULL ORDER BY id LIMIT 1`;
    const set = (error: string, group: string) =>
      sql`UPDATE runs SET error = ${error}::text::json, error_group = ${group}::text WHERE id = ${kept?.id}`;
    await set(JSON.stringify(odd), 'cccccccccccccccc');
    expect(await one.run()).toBe(true);
    const [group] = await sql`SELECT code, message FROM error_groups WHERE id = 'cccccccccccccccc'`;
    expect(group).toEqual({ code: 'A\uFFFDB', message: 'of\uFFFDf' });
    await set(kept?.error, kept?.error_group);
  });

  test('with kinds of failures, when they were first and last seen, and what people have decided left alone', async () => {
    await using one = newAggregator();
    await one.run();
    await database.sql`UPDATE error_groups SET status = 'ignored' WHERE id = 'aaaaaaaaaaaaaaaa'`;
    await database.sql`UPDATE analytics_slices SET runs = 0`;
    await database.sql`UPDATE analytics_progress SET counted_until = NULL`;
    await one.run();
    const groups =
      await database.sql`SELECT id, code, message, capability, status, first_seen AS first, last_seen AS last
      FROM error_groups ORDER BY id`;
    const seen =
      await database.sql`SELECT error_group AS id, min(finished_at) AS first, max(finished_at) AS last
      FROM runs WHERE error_group IS NOT NULL GROUP BY 1 ORDER BY 1`;
    expect(groups).toMatchObject([
      { ...seen[0], code: 'BROKEN', message: 'row 7 is broken', capability: 'do-write', status: 'ignored' },
      { ...seen[1], code: 'TIMEOUT', status: 'open' },
    ]);
  });
});
