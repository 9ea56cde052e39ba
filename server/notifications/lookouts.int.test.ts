import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_ORG_ID, toUuid } from '#server/domain/ids.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { until } from '#server/testing/faults/until.ts';
import { newUuid, startDispatcher } from '#server/testing/notification-rig.ts';

const ORG = toUuid(DEFAULT_ORG_ID);
let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database[Symbol.asyncDispose]());

async function addAgent(name: string, health: { state: string; since: string; ordered?: string }) {
  const id = newUuid();
  await database.sql`INSERT INTO agents (id, org_id, name, transport, capabilities, ordered)
    VALUES (${id}::text::uuid, ${ORG}::text::uuid, ${name}, 'pull', '[]', ${health.ordered ?? null})`;
  await setHealth(id, health);
  return id;
}
async function setHealth(id: string, { state, since }: { state: string; since: string }) {
  await database.sql`INSERT INTO agent_health (agent_id, org_id, state, since)
    VALUES (${id}::text::uuid, ${ORG}::text::uuid, ${state}, now() + ${since}::text::interval)
    ON CONFLICT (agent_id) DO UPDATE SET state = excluded.state, since = excluded.since`;
}
const addTarget = () => database.sql`
  INSERT INTO notification_targets (id, org_id, name, kind, address, events, created_at) VALUES
    (${newUuid()}::text::uuid, ${ORG}::text::uuid, 'on-call', 'email', 'ada@example.org', '{agent.lost}',
      now() - interval '1 hour')`;
const told = async () => {
  const rows = await database.sql<{ name: string }[]>`
    SELECT body #>> '{data,agent_name}' AS name FROM notification_deliveries ORDER BY created_at, name`;
  return rows.map(({ name }) => name);
};

describe('lost agents', () => {
  test('are told of once by several dispatchers, unless nobody listened then or they were meant to go', async () => {
    await addTarget();
    await addAgent('before anybody listened', { state: 'offline', since: '-2 hours' });
    await addAgent('drained', { state: 'offline', since: '-1 minute', ordered: 'draining' });
    await addAgent('at work', { state: 'busy', since: '-1 minute' });
    const id = await addAgent('lost', { state: 'offline', since: '-1 minute' });
    await using one = startDispatcher(database);
    await using two = startDispatcher(database);
    await until('the loss to be told', async () => (await told()).length > 0);

    await setHealth(id, { state: 'online', since: '-30 s' });
    // It is back and goes again, which is another loss; that it was looked for shows that nothing else was found.
    await setHealth(id, { state: 'offline', since: '-1 s' });
    await until('the second loss to be told', async () => (await told()).length > 1);
    await Promise.all([one.drain(), two.drain()]);
    expect(await told()).toEqual(['lost', 'lost']);
    expect([...one.troubles, ...two.troubles]).toEqual([]);
  });
});
