import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AgentId, DEFAULT_ORG_ID, makeId, type OrgId } from '#server/domain/ids.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { createPerformance } from './performance.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const agent = (letter: string): AgentId => makeId('agent', letter.repeat(32));
const end = (agentId: AgentId, busyMs: number, orgId: OrgId = DEFAULT_ORG_ID) => ({
  ...{ orgId, agentId, busyMs, capability: 'dig', at: Date.parse('2026-01-05T10:00:00Z'), failure: null },
});
const written = () =>
  database.sql`SELECT agent_id::text AS agent, succeeded, busy_ms::float8 AS busy, max_ms AS longest
    FROM agent_performance ORDER BY agent_id`;

test('attempts of one minute that were at it for months together fit', async () => {
  const performance = createPerformance(database.sql);
  const month = 30 * 86_400_000;
  performance.add(end(agent('a'), month));
  performance.add(end(agent('a'), month / 2));
  await performance.flush();
  expect(await written()).toMatchObject([{ succeeded: 2, busy: 1.5 * month, longest: 2_147_483_647 }]);
});

test('figures that are refused for good hold up nobody else and are not tried again', async () => {
  const performance = createPerformance(database.sql);
  performance.add(end(agent('b'), 1));
  performance.add(end(agent('c'), Number.NaN));
  performance.add(end(agent('d'), 1));
  await expect(performance.flush()).rejects.toThrow('NaN');
  const [, second, third] = await written();
  expect([second, third]).toMatchObject([
    { agent: expect.stringMatching(/^b/) },
    { agent: expect.stringMatching(/^d/) },
  ]);
  await performance.flush();
  expect(await written()).toHaveLength(3);
});
