import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createEmbeddedBroker } from '#server/broker/embedded.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { NO_PAUSES } from './pause-points.ts';
import { createRelay } from './relay.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

test('a process that publishes nothing itself knows when others have published what it left', async () => {
  const { sql } = database;
  const broker = { ...createEmbeddedBroker({}), publish: () => new Promise<never>(() => undefined) };
  const troubles: string[] = [];
  const relay = createRelay({
    ...{ sql, broker, points: NO_PAUSES, staleMs: 20 },
    onTrouble: (message) => troubles.push(message),
  });
  const message = { queue: 'echo.task', priority: 1, body: '{}' };
  const rows = await sql<{ id: string }[]>`
    INSERT INTO outbox (queue, priority, body) SELECT 'echo.task', 1, '{}' FROM generate_series(1, 3) RETURNING id::text`;
  relay.send(
    rows.map(({ id }) => id),
    rows.map(() => message),
  );
  await vi.waitFor(() => expect(relay.inFlight()).toBe(3));
  expect(relay.unpublished()).toBe(3);
  // A coordinator elsewhere; from here nothing is ever confirmed.
  await sql`DELETE FROM outbox`;
  await vi.waitFor(() => expect(relay.unpublished()).toBe(0));
  expect(troubles).toEqual([]);
  await relay.stop();
});
