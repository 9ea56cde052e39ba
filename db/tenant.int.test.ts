import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrgId } from '#server/domain/ids.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { connectDatabase, type Sql } from './client.ts';
import { pipelines } from './schema/index.ts';
import { type DoorDatabase, findIds, inTenant, openDoorDatabase, readTenant } from './tenant.ts';

const OURS = 'org_00000000000070008000000000000001' as OrgId;
const THEIRS = 'org_00000000000070008000000000000002' as OrgId;

let database: TestDatabase;
let pool: Sql;
let db: DoorDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.sql`INSERT INTO orgs (id, name) VALUES (${THEIRS.slice(4)}::text::uuid, 'theirs')`;
  for (const org of [OURS, THEIRS])
    await database.sql`INSERT INTO pipelines (id, org_id, name)
      VALUES (gen_random_uuid(), ${org.slice(4)}::text::uuid, ${`of ${org}`})`;
  // One connection, so that whatever a transaction left behind would be there for the next one.
  pool = connectDatabase({ url: database.url, applicationName: 'test-doors', max: 1, plansByValue: true });
  db = openDoorDatabase(pool);
}, 60_000);
afterAll(async () => {
  await pool.end();
  await database[Symbol.asyncDispose]();
});

const namesSeen = (enter: typeof inTenant, org: OrgId) =>
  enter(db, org, async (tx) => {
    const rows = await tx.select({ name: pipelines.name }).from(pipelines).orderBy(pipelines.name);
    return rows.map(({ name }) => name).filter((name) => name.startsWith('of '));
  });

/** Who a connection is when nobody has entered anything. */
const leftBehind = async () => {
  const [row] = await findIds(db, (statements) =>
    statements.execute(sql`SELECT current_setting('signalbox.org', true) AS org, current_user = session_user AS owner,
      current_setting('plan_cache_mode') AS plans`),
  );
  return row;
};

describe.each([
  ['inTenant', inTenant],
  ['readTenant', readTenant],
] as const)('%s', (_, enter) => {
  test('shows its own tenant alone, also by a statement that is kept ready, and leaves nothing behind', async () => {
    const before = await leftBehind();
    expect(before).toMatchObject({ owner: true, plans: 'force_custom_plan' });
    for (let time = 0; time < 8; time += 1) {
      for (const org of [OURS, THEIRS]) expect(await namesSeen(enter, org)).toEqual([`of ${org}`]);
    }
    const [kept] =
      await pool`SELECT count(*)::int AS count FROM pg_prepared_statements WHERE statement LIKE '%"pipelines"%'`;
    expect(kept?.count).toBeGreaterThan(0);
    expect({ ...(await leftBehind()), org: '' }).toEqual({ ...before, org: '' });
    expect((await leftBehind())?.org ?? '').toBe('');
  });

  test('fails with the first error and is free for the next one', async () => {
    const failing = enter(db, OURS, async (tx) => {
      await tx.execute(sql`SELECT 1 / 0`);
      return tx.select().from(pipelines);
    });
    await expect(failing).rejects.toMatchObject({ cause: { code: '22012' } });
    expect(await namesSeen(enter, THEIRS)).toEqual([`of ${THEIRS}`]);
  });
});

test('work that went out behind an entrance that failed sees nothing', async () => {
  // The role cannot be taken on: Postgres refuses that, and with it all that is in line behind it.
  const stranger = `stranger_${Date.now()}`;
  await database.sql.unsafe(
    `CREATE ROLE ${stranger} LOGIN PASSWORD 'x'; GRANT SELECT ON pipelines TO ${stranger}`,
  );
  const url = new URL(database.url);
  [url.username, url.password] = [stranger, 'x'];
  const theirs = connectDatabase({ url: url.href, applicationName: 'test-stranger', max: 1 });
  try {
    const other = openDoorDatabase(theirs);
    for (const enter of [inTenant, readTenant]) {
      const seen = enter(other, OURS, (tx) => tx.select({ name: pipelines.name }).from(pipelines));
      await expect(seen).rejects.toThrow();
    }
  } finally {
    await theirs.end();
    await database.sql.unsafe(`DROP OWNED BY ${stranger}; DROP ROLE ${stranger}`);
  }
});

test('what only reads is refused to write', async () => {
  const writing = readTenant(db, OURS, (tx) =>
    tx
      .update(pipelines)
      .set({ name: 'changed' })
      .where(eq(pipelines.name, `of ${OURS}`)),
  );
  await expect(writing).rejects.toMatchObject({ cause: { code: '25006' } });
});

test('statements of one transaction that do not wait for each other are answered in their order', async () => {
  const answers = await readTenant(db, OURS, (tx) =>
    Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        tx.execute<{ n: number }>(sql`SELECT ${n}::text::int AS n, current_user AS who`),
      ),
    ),
  );
  expect(answers.map(([row]) => row)).toEqual(
    Array.from({ length: 20 }, (_, n) => ({ n, who: 'signalbox_door' })),
  );
});
