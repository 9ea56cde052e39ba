import { expect, test, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { createScriptedEngine } from '#server/testing/scripted-engine.ts';

/**
 * An update in place (HOT) touches no index. Postgres makes one when no indexed column changes and the page has room.
 * A run's end changes some (its status, its wake-up time), so it is the one update of a run that is not in place.
 */
const RUNS = 100;
const STAGES = 6;
/** Indexes that the engine itself needs; all others are for people who look for runs. */
const OF_THE_ENGINE = ['runs_pkey', 'runs_wake', 'tasks_pkey', 'attempts_pkey'];

interface Counts {
  inserted: number;
  updated: number;
  inPlace: number;
}

async function countsOf({ sql }: TestDatabase, parent: string): Promise<Counts> {
  const [row] = await sql<[Counts]>`
    SELECT sum(n_tup_ins)::int AS inserted, sum(n_tup_upd)::int AS updated, sum(n_tup_hot_upd)::int AS "inPlace"
    FROM pg_stat_user_tables WHERE relname ~ ${`^${parent}_w`}`;
  return row;
}

async function work(database: TestDatabase): Promise<{ runs: Counts; tasks: Counts }> {
  // With so much room in each page the columns alone decide.
  const parts = await database.sql<{ name: string }[]>`
    SELECT relname AS name FROM pg_class WHERE relname ~ '^(runs|tasks)_w[0-9]+$' AND relkind = 'r'`;
  for (const { name } of parts) await database.sql.unsafe(`ALTER TABLE ${name} SET (fillfactor = 10)`);
  const scripted = await createScriptedEngine({
    url: database.url,
    handlers: { work: async () => ({ done: true }) },
  });
  const stages = Array.from({ length: STAGES }, (_, at) => ({ key: `s${at}`, type: 'work' }));
  const dependencies = stages.slice(1).map(({ key }, at) => ({ from: `s${at}`, to: key }));
  const graph = { stages, dependencies };
  const ids = await Promise.all(Array.from({ length: RUNS }, () => scripted.start(graph)));
  await Promise.all(ids.map((id) => scripted.ended(id)));
  // The sessions tell their counts to everybody when they end.
  await scripted[Symbol.asyncDispose]();
  return vi.waitFor(
    async () => {
      const [runs, tasks] = [await countsOf(database, 'runs'), await countsOf(database, 'tasks')];
      expect(tasks.updated).toBeGreaterThanOrEqual(RUNS * STAGES);
      expect(runs.updated).toBeGreaterThanOrEqual(RUNS * STAGES);
      return { runs, tasks };
    },
    { timeout: 60_000, interval: 200 },
  );
}

test('the indexes for lists leave all steps of a run but its end in place', async () => {
  await using bare = await createTestDatabase();
  const others = await bare.sql<{ name: string }[]>`
    SELECT i.indexrelid::regclass::text AS name FROM pg_index i
    WHERE i.indrelid IN ('runs'::regclass, 'tasks'::regclass, 'attempts'::regclass)
      AND NOT (i.indexrelid::regclass::text IN ${bare.sql(OF_THE_ENGINE)})`;
  expect(others.length).toBeGreaterThan(5);
  for (const { name } of others) await bare.sql.unsafe(`DROP INDEX ${name}`);
  await using indexed = await createTestDatabase();

  const [without, withThem] = [await work(bare), await work(indexed)];
  expect(withThem.runs.inserted).toBe(RUNS);
  expect(withThem.tasks.inPlace / withThem.tasks.updated).toBeGreaterThan(0.97);
  const share = ({ runs }: typeof without) => runs.inPlace / (runs.updated - RUNS);
  expect(share(withThem)).toBeGreaterThan(share(without) - 0.05);
});
