import { like, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OrgId } from '#server/domain/ids.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { given, readyRows } from './ready-rows.ts';
import { pipelines } from './schema/index.ts';
import { findIds, inTenant, openDoorDatabase, readTenant } from './tenant.ts';

const OURS = 'org_00000000000070008000000000000001' as OrgId;
const THEIRS = 'org_00000000000070008000000000000002' as OrgId;

let database: TestDatabase;
let db: ReturnType<typeof openDoorDatabase>;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.sql`INSERT INTO orgs (id, name) VALUES (${THEIRS.slice(4)}::text::uuid, 'theirs')`;
  for (const org of [OURS, THEIRS])
    await database.sql`INSERT INTO pipelines (id, org_id, name)
      VALUES (gen_random_uuid(), ${org.slice(4)}::text::uuid, ${`of ${org}`})`;
  // One connection, so that whatever a transaction left behind would be there for the next one.
  db = openDoorDatabase({ url: database.url, applicationName: 'test', max: 1 });
});
afterAll(async () => {
  await db.end({ timeout: 5 });
  await database[Symbol.asyncDispose]();
});

const NAMES = readyRows(
  { name: pipelines.name },
  pipelines,
  sql`${pipelines.name} LIKE ${given('like')} ORDER BY ${pipelines.name}`,
);
const ours = (rows: { name: string }[]) =>
  rows.map(({ name }) => name).filter((name) => name.startsWith('of '));

const WAYS = {
  inTenant: (org: OrgId) =>
    inTenant(db, org, (tx) =>
      tx.select({ name: pipelines.name }).from(pipelines).where(like(pipelines.name, 'of %')),
    ),
  readTenant: async (org: OrgId) => (await readTenant(db, org, [NAMES({ like: 'of %' })]))[0],
};

/** Who a connection is when nobody has entered anything. */
const leftBehind = async () => {
  const [row] = await findIds(db, (statements) =>
    statements.execute(sql`SELECT current_setting('signalbox.org', true) AS org, current_user = session_user AS owner,
      current_setting('plan_cache_mode') AS plans`),
  );
  return row;
};

test.each(Object.entries(WAYS))('%s shows its own tenant alone, each time', async (_, namesSeen) => {
  for (let time = 0; time < 8; time += 1)
    for (const org of [OURS, THEIRS]) expect(ours(await namesSeen(org))).toEqual([`of ${org}`]);
});

test('the same question of two tenants, asked at once and many times, is answered for each', async () => {
  const askers = Array.from({ length: 100 }, (_, at) => (at % 2 ? OURS : THEIRS));
  const seen = await Promise.all(askers.map(WAYS.readTenant));
  for (const [at, org] of askers.entries()) expect(ours(seen[at] ?? [])).toEqual([`of ${org}`]);
});

test('a hundred who ask the same at once cost two readings, and none misses what was there when it asked', async () => {
  await database.sql`CREATE SEQUENCE asked`;
  const ask = () =>
    findIds(db, (statements) =>
      statements.execute<{ times: number }>(sql`SELECT nextval('asked')::int AS times`),
    );
  const rows = await Promise.all(Array.from({ length: 100 }, ask));
  expect(new Set(rows.map(([row]) => row?.times))).toEqual(new Set([1, 2]));

  const name = `of ${OURS}, asked meanwhile`;
  const before = WAYS.readTenant(OURS);
  await database.sql`INSERT INTO pipelines (id, org_id, name)
    VALUES (gen_random_uuid(), ${OURS.slice(4)}::text::uuid, ${name})`;
  const after = await Promise.all([WAYS.readTenant(OURS), WAYS.readTenant(OURS)]);
  await before;
  for (const found of after) expect(ours(found)).toContain(name);
  await database.sql`DELETE FROM pipelines WHERE name = ${name}`;
});

test('a transaction leaves neither role nor tenant behind, and keeps its statements ready', async () => {
  const before = await leftBehind();
  expect(before).toMatchObject({ owner: true, plans: 'force_custom_plan' });
  for (let time = 0; time < 4; time += 1) await WAYS.inTenant(OURS);
  const kept = await findIds(db, (statements) =>
    statements.execute(sql`SELECT 1 FROM pg_prepared_statements WHERE statement LIKE '%"pipelines"%'`),
  );
  expect(kept.length).toBeGreaterThan(0);
  expect({ ...(await leftBehind()), org: '' }).toEqual({ ...before, org: '' });
  expect((await leftBehind())?.org ?? '').toBe('');
});

test('a transaction fails with its first error and its connection is free for the next one', async () => {
  const failing = inTenant(db, OURS, async (tx) => {
    await tx.execute(sql`SELECT 1 / 0`);
    return tx.select().from(pipelines);
  });
  await expect(failing).rejects.toMatchObject({ cause: { code: '22012' } });
  expect(ours(await WAYS.inTenant(THEIRS))).toEqual([`of ${THEIRS}`]);
});

test('work that went out behind an entrance that failed sees nothing', async () => {
  // The role cannot be taken on: Postgres refuses that, and with it all that is in line behind it.
  const stranger = `stranger_${Date.now()}`;
  await database.sql.unsafe(
    `CREATE ROLE ${stranger} LOGIN PASSWORD 'x'; GRANT SELECT ON pipelines TO ${stranger}`,
  );
  const url = new URL(database.url);
  [url.username, url.password] = [stranger, 'x'];
  const other = openDoorDatabase({ url: url.href, applicationName: 'test-stranger', max: 1 });
  try {
    const seen = inTenant(other, OURS, (tx) => tx.select({ name: pipelines.name }).from(pipelines));
    await expect(seen).rejects.toThrow();
    await expect(readTenant(other, OURS, [NAMES({ like: '%' })])).rejects.toThrow();
  } finally {
    await other.end({ timeout: 5 });
    await database.sql.unsafe(`DROP OWNED BY ${stranger}; DROP ROLE ${stranger}`);
  }
});

const readerOf = (what: string) => ({
  text: `SELECT ${what}`,
  values: [],
  toRow: ([value]: readonly unknown[]) => value,
});

test('what only reads is in the doors’ role and is refused to write', async () => {
  const [[who]] = await readTenant(db, OURS, [readerOf('current_user')]);
  expect(who).toBe('signalbox_door');
  const writing = { text: `UPDATE pipelines SET name = 'changed'`, values: [], toRow: () => null };
  await expect(readTenant(db, OURS, [writing])).rejects.toMatchObject({ code: '25006' });
});

test('one question that fails fails all that were put with it, and nobody else’s', async () => {
  const answers = await Promise.allSettled([
    readTenant(db, OURS, [NAMES({ like: 'of %' })]),
    readTenant(db, OURS, [NAMES({ like: 'of %' }), readerOf('1 / 0')]),
    readTenant(db, THEIRS, [NAMES({ like: 'of %' })]),
  ]);
  expect(
    answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : answer.reason.code)),
  ).toEqual([[[{ name: `of ${OURS}` }]], '22012', [[{ name: `of ${THEIRS}` }]]]);
});

test('a tenant that cannot be entered is shown nothing, and its questions not as those of the one before', async () => {
  await WAYS.readTenant(THEIRS);
  const nobody = readTenant(db, 'org_nobody' as OrgId, [NAMES({ like: '%' })]);
  await expect(nobody).rejects.toMatchObject({ code: '22P02' });
  const next = await Promise.allSettled([
    readTenant(db, 'org_nobody' as OrgId, [NAMES({ like: '%' })]),
    WAYS.readTenant(OURS),
  ]);
  expect(next.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});

test('a connection that is cut in the middle tells nobody of another tenant’s, nor that nothing is there', async () => {
  const cut = () =>
    database.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
      AND application_name LIKE 'test-readers%'`;
  const seen = { answered: 0, cut: 0 };
  let isOver = false;
  const ask = async (org: OrgId) => {
    const own = [{ name: `of ${org}` }];
    while (!isOver) {
      const answer = await readTenant(db, org, [NAMES({ like: 'of %' }), NAMES({ like: 'of %' })]).catch(
        () => null,
      );
      if (answer) expect(answer).toEqual([own, own]);
      seen[answer ? 'answered' : 'cut'] += 1;
    }
  };
  const asking = Promise.all(Array.from({ length: 10 }, (_, nth) => ask(nth % 2 === 0 ? OURS : THEIRS)));
  for (let time = 0; time < 5; time += 1) {
    const before = seen.answered;
    await expect.poll(() => seen.answered, { timeout: 60_000 }).toBeGreaterThan(before + 20);
    await cut();
  }
  const before = seen.answered;
  await expect.poll(() => seen.answered, { timeout: 60_000 }).toBeGreaterThan(before);
  isOver = true;
  await asking;
  expect(seen.cut).toBeGreaterThan(0);
});

test('questions of one reading are answered in their order', async () => {
  const questions = Array.from({ length: 20 }, (_, n) => readerOf(String(n)));
  const answers = await readTenant(db, OURS, questions);
  expect(answers).toEqual(Array.from({ length: 20 }, (_, n) => [n]));
});
