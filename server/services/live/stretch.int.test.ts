import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGraphCache } from '#db/queries/load-graph.ts';
import { openDoorDatabase } from '#db/tenant.ts';
import { DEFAULT_ORG_ID, type OrgId, type RunId, toUuid } from '#server/domain/ids.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { writeHistory } from '#server/testing/long-history.ts';
import { createScriptedEngine } from '#server/testing/scripted-engine.ts';
import { type Moment, takeMoment } from './moment.ts';
import { readNews } from './read-news.ts';
import { type Place, readStretch, type Stretch, type StretchPage, startOf } from './stretch.ts';

const STRANGER = 'org_00000000000070008000000000000002' as OrgId;

let database: TestDatabase;
let db: ReturnType<typeof openDoorDatabase>;
let template: RunId;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDoorDatabase({ url: database.url, applicationName: 'test', max: 2 });
  await using engine = await createScriptedEngine({
    url: database.url,
    handlers: { quick: async () => null },
  });
  template = await engine.start({ stages: [{ key: 'only', type: 'quick' }], dependencies: [] });
  await engine.ended(template);
});
afterAll(async () => {
  await db?.end({ timeout: 2 });
  await database?.[Symbol.asyncDispose]();
});

const present = (): Promise<Moment> => takeMoment({ db }, DEFAULT_ORG_ID);

async function readPages(stretch: Stretch, { commits = 500, orgId = DEFAULT_ORG_ID } = {}) {
  const pages: StretchPage[] = [];
  let from: Place | null = startOf(stretch);
  while (from) {
    const page: StretchPage = await readStretch({ db }, orgId, { stretch, from, commits });
    pages.push(page);
    from = page.next;
  }
  return pages;
}

const runsOf = (pages: readonly StretchPage[]) => pages.flatMap(({ runs }) => runs);

async function say(sql: TestDatabase['sql'], runId: RunId, seq: number): Promise<void> {
  await sql`INSERT INTO run_events (run_id, seq_from, seq_to, org_id, at, entries)
    VALUES (${toUuid(runId)}::text::uuid, ${seq}::int, ${seq}::int, ${toUuid(DEFAULT_ORG_ID)}::text::uuid, now(),
      '[{"type":"task.progressed","task":0,"progress":0.5}]')`;
  await sql`UPDATE runs SET seq = ${seq}::int WHERE id = ${toUuid(runId)}::text::uuid`;
}

test('each run that moved comes once, in pages that are no longer than was asked, however often it moved', async () => {
  const since = await present();
  const runs = await writeHistory(database, { template, runs: 700, commits: 5 });
  const until = await present();
  await writeHistory(database, { template, runs: 10, commits: 1 });
  const pages = await readPages({ since, until }, { commits: 60 });
  expect(runsOf(pages).map(({ runId }) => runId)).toEqual(runs);
  expect(runsOf(pages).every(({ after }) => after === 0)).toBe(true);
  expect(Math.max(...pages.map((page) => page.runs.length))).toBeLessThanOrEqual(60);
  // All commits were gone through, so many a page.
  expect(pages.length).toBeGreaterThanOrEqual((700 * 5) / 60);
});

test('a page can be read again from its place, and what follows is the same', async () => {
  const since = await present();
  await writeHistory(database, { template, runs: 90, commits: 3 });
  const stretch = { since, until: await present() };
  const pages = await readPages(stretch, { commits: 25 });
  const place = pages[1]?.next;
  if (!place) throw new Error('there is no third page');
  await writeHistory(database, { template, runs: 5, commits: 1 });
  const again = await readStretch({ db }, DEFAULT_ORG_ID, { stretch, from: place, commits: 25 });
  expect(again).toEqual(pages[2]);
});

test('a run whose later commit has the smaller number of a transaction comes with its first', async () => {
  const [runId] = await writeHistory(database, { template, runs: 1, commits: 2 });
  const [other] = await writeHistory(database, { template, runs: 1, commits: 1 });
  if (!runId || !other) throw new Error('no runs');
  const since = await present();
  // The second has begun first, and waits for the first as a commit on the same run does.
  await database.sql.begin(async (second) => {
    await say(second as unknown as TestDatabase['sql'], other, 2);
    await say(database.sql, runId, 3);
    await say(second as unknown as TestDatabase['sql'], runId, 4);
  });
  const until = await present();
  const xids = await database.sql<{ seq: number; xid: string }[]>`
    SELECT seq_from AS seq, xid FROM run_events WHERE run_id = ${toUuid(runId)}::text::uuid AND seq_from > 2 ORDER BY seq_from`;
  expect(Number(xids[0]?.xid)).toBeGreaterThan(Number(xids[1]?.xid));
  const stretch = { since, until };
  const found = runsOf(await readPages(stretch, { commits: 1 }));
  expect(found.map(({ runId: id, after }) => [id, after])).toEqual([
    [other, 1],
    [runId, 2],
  ]);
  const services = { db, graphOf: createGraphCache(db.finder) };
  const [reading] = await readNews(services, DEFAULT_ORG_ID, [
    { runId, from: { after: 2, until: until.snapshot }, known: null },
  ]);
  expect(reading?.events.map(({ seq }) => seq)).toEqual([3, 4]);
});

test('what is under way at its end is left to the next stretch, and is in that one', async () => {
  const [runId] = await writeHistory(database, { template, runs: 1, commits: 2 });
  if (!runId) throw new Error('no run');
  const since = await present();
  await say(database.sql, runId, 3);
  const until = await database.sql.begin(async (open) => {
    await say(open as unknown as TestDatabase['sql'], runId, 4);
    return present();
  });
  const services = { db, graphOf: createGraphCache(db.finder) };
  const tell = async (stretch: Stretch) => {
    const [found] = runsOf(await readPages(stretch));
    const from = { after: found?.after ?? 0, until: stretch.until.snapshot };
    const [reading] = await readNews(services, DEFAULT_ORG_ID, [{ runId, from, known: null }]);
    return reading?.events.map(({ seq }) => seq);
  };
  expect(await tell({ since, until })).toEqual([3]);
  expect(await tell({ since: until, until: await present() })).toEqual([4]);
});

test('another organisation goes through the same stretch and finds nothing', async () => {
  const since = await present();
  await writeHistory(database, { template, runs: 20, commits: 2 });
  const pages = await readPages({ since, until: await present() }, { orgId: STRANGER });
  expect(runsOf(pages)).toEqual([]);
});

test('rows that a restore brought with the numbers of another server are no news, and what came after them is', async () => {
  const [restored] = await writeHistory(database, { template, runs: 1, commits: 2 });
  if (!restored) throw new Error('no run');
  const since = await present();
  await database.sql`UPDATE run_events SET at = now() - interval '2 days', xid = pg_current_xact_id()::text::bigint
    WHERE run_id = ${toUuid(restored)}::text::uuid`;
  await say(database.sql, restored, 3);
  const found = runsOf(await readPages({ since, until: await present() }));
  expect(found.map(({ runId, after }) => [runId, after])).toEqual([[restored, 2]]);
});
