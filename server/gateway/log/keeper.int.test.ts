import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_ORG_ID, toUuid } from '#server/domain/ids.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { createKeeper } from './keeper.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const ORG = toUuid(DEFAULT_ORG_ID);
const CONNECTION = crypto.randomUUID();

async function fill(): Promise<void> {
  const { sql } = database;
  await sql`INSERT INTO mcp_connections (id, org_id, slug, name, kind, url)
    VALUES (${CONNECTION}, ${ORG}, 'wiki', 'Wiki', 'http', 'https://wiki.example.org/mcp')`;
  // Each is named by how many days ago it was; a moment more, so that an age is on one side of its limit.
  const at = (days: number) => sql`now() - make_interval(days => ${days}::int, mins => 1)`;
  for (const days of [0, 3, 6, 9]) {
    await sql`INSERT INTO mcp_calls (id, org_id, connection_id, tool, door, caller_kind, caller_id, caller_name, outcome, ms,
        sent_bytes, got_bytes, at)
      VALUES (uuid_at(${at(days)}), ${ORG}, ${CONNECTION}, ${`${days}`}, 'api', 'key', 'k', 'k', 'answered', 1, 1, 1, ${at(days)})`;
    await sql`INSERT INTO mcp_usage (org_id, connection_id, tool, day, calls, tool_errors, faults, refusals, total_ms, max_ms,
        got_bytes, last_at)
      VALUES (${ORG}, ${CONNECTION}, ${`${days}`}, (now() AT TIME ZONE 'UTC')::date - ${days}::int, 1, 0, 0, 0, 1, 1, 1, now())`;
    for (const [digit, state, expires] of [
      [1, 'used', 1],
      [2, 'refused', -1],
      [3, 'granted', 1],
    ] as const) {
      // Ids are unique by their last digit; what is granted for longer than usual is not forgotten meanwhile.
      await sql`INSERT INTO mcp_approvals (id, org_id, connection_id, tool, arguments, call_hash, caller, state, expires_at)
        VALUES (overlay(uuid_at(${at(days)})::text placing ${`${digit}`} from 36)::uuid, ${ORG}, ${CONNECTION},
          ${`${state} ${days}`}, '{}', 'h', '{}', ${state}, now() + ${expires}::int * interval '1 day')`;
    }
  }
}

const tools = async (table: string): Promise<string[]> =>
  (await database.sql.unsafe(`SELECT tool FROM ${table} ORDER BY 1`)).map(({ tool }) => tool);

test('what is older than it is kept for goes, in as many steps as it needs, and nothing else', async () => {
  await fill();
  const troubles: unknown[] = [];
  const keeper = createKeeper({
    ...{ sql: database.sql, keepDays: { calls: 1, approvals: 5, usage: 8 }, batch: 1 },
    onTrouble: (message) => troubles.push(message),
  });
  expect(await keeper.run()).toEqual({ calls: 3, approvals: 4, questions: 0, usage: 1 });
  expect(await tools('mcp_calls')).toEqual(['0']);
  expect(await tools('mcp_usage')).toEqual(['0', '3', '6']);
  expect(await tools('mcp_approvals')).toEqual([
    ...['granted 0', 'granted 3', 'granted 6', 'granted 9'],
    ...['refused 0', 'refused 3', 'used 0', 'used 3'],
  ]);
  expect(await keeper.run()).toEqual({ calls: 0, approvals: 0, questions: 0, usage: 0 });
  await keeper.stop();
  expect(troubles).toEqual([]);
});
