import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { fillHistory, historyGraph } from '#server/testing/history.ts';
import { createAggregator } from './aggregator.ts';

const HISTORY = { runs: 20_000, days: 3, pipelines: 4, agents: 3 };
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await fillHistory(database.sql, HISTORY);
}, 120_000);
afterAll(() => database[Symbol.asyncDispose]());

const newAggregator = () => {
  const troubles: unknown[] = [];
  const aggregator = createAggregator({
    url: database.url,
    graphOf: async () => historyGraph,
    onTrouble: (message, error) => troubles.push([message, error]),
  });
  return { aggregator, troubles, [Symbol.asyncDispose]: () => aggregator.stop() };
};
const rowsOf = async (table: string, level = 0) =>
  (await database.sql.unsafe(`SELECT t::text AS row FROM ${table} t WHERE level = ${level} ORDER BY 1`)).map(({ row }) => row);

test('x', async () => {
  await using one = newAggregator();
  console.time('count');
  expect(await one.aggregator.run()).toBe(true);
  console.timeEnd('count');
  console.log((await rowsOf('run_rollups')).length, (await rowsOf('task_rollups')).length, (await rowsOf('task_rollups', 1)).length, (await rowsOf('task_rollups', 2)).length);
  console.log((await rowsOf('task_rollups', 2))[0]);
}, 300_000);
