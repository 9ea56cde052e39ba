import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_ORG_ID, toUuid } from '#server/domain/ids.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { createDirectories } from './directory.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

test('whoever has made a change finds it, however long the news of it takes to come round', async () => {
  const { sql } = database;
  // As a server far away does that has taken the news and has not passed it on yet.
  const hot = { ...createMemoryHotState(), publish: async () => true };
  const directories = createDirectories({ sql, hot, now: Date.now });
  await directories.start();
  expect([...(await directories.of(DEFAULT_ORG_ID)).bySlug.keys()]).toEqual([]);
  await sql`INSERT INTO mcp_connections (id, org_id, slug, name, kind, url)
    VALUES (${crypto.randomUUID()}, ${toUuid(DEFAULT_ORG_ID)}, 'wiki', 'Wiki', 'http', 'https://wiki.example.org/mcp')`;
  await directories.changed(DEFAULT_ORG_ID);
  expect([...(await directories.of(DEFAULT_ORG_ID)).bySlug.keys()]).toEqual(['wiki']);
  await directories.stop();
});
