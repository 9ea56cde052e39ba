import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PipelineId, type RunId, toUuid } from '#server/domain/ids.ts';
import type { TestApp } from '#server/testing/app.ts';
import { ago, ENDS, FILTERS, SPARSE, STAGES } from '#server/testing/listed-filters.ts';
import {
  AGENT,
  BUSY,
  GROUP,
  id,
  type ListedRuns,
  PIPELINE,
  RUNS,
  SELDOM,
  SELDOM_DID,
  startListedRuns,
  VERSION,
  WEEKS,
} from '#server/testing/listed-runs.ts';
import { findPage, findRuns } from './find-runs.ts';
import { listRuns } from './list.ts';
import type { RunFilter } from './run-filter.ts';

let listed: ListedRuns;
let program: TestApp;
const at = () => [program.services, program.actor] as const;
const explain: ListedRuns['explain'] = (...given) => listed.explain(...given);

beforeAll(async () => {
  listed = await startListedRuns();
  program = listed.program;
});
afterAll(() => listed?.[Symbol.asyncDispose]());

describe('no filter reads a part of the runs from end to end', () => {
  test.each(Object.entries(FILTERS))('by %s, newest first', async (_, filter) => {
    const { scanned, read } = await explain(filter);
    expect(scanned).toEqual([]);
    // Of 100,000: a page, what lies beside it, and for what is found by a bitmap all that matches.
    expect(read).toBeLessThan(RUNS / 10);
  });

  test.each(Object.entries(FILTERS))('by %s, oldest first', async (_, filter) => {
    expect(await explain(filter, { order: 'asc' })).toMatchObject({ scanned: [] });
  });

  const sorts = ['finished', 'duration'] as const;
  const orders = ['desc', 'asc'] as const;
  const cases = Object.keys(ENDS).flatMap((name) =>
    sorts.flatMap((sort) => orders.map((order) => [name, sort, order] as const)),
  );
  test.each(cases)('by %s, sorted by %s %s', async (name, sort, order) => {
    const [filter] = ENDS[name] ?? [{}];
    const { scanned, read } = await explain(filter, { sort, order });
    // Read as they lie are a week that has no more than are looked at anyway, and labels of one in which most have this one.
    expect(scanned.filter(({ part, rows }) => rows > 10_000 && !part.startsWith('run_labels'))).toEqual([]);
    expect(read).toBeLessThan(atMost(filter));
  });

  const places = { finished: 'finished_at', duration: 'finished_at - created_at' };
  test.each(cases)('by %s, sorted by %s %s, the pages hold every one', async (name, sort, order) => {
    const [filter, condition] = ENDS[name] ?? [{}, 'false'];
    const found: string[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null && found.length < SEEN) {
      const page = await listRuns(...at(), {
        ...filter,
        sort,
        order,
        limit: 200,
        ...(cursor ? { cursor } : {}),
      });
      found.push(...page.items.map((run) => toUuid(run.id)));
      cursor = page.nextCursor;
    }
    const expected = await program.database.sql.unsafe(
      `SELECT id::text FROM runs WHERE finished_at IS NOT NULL AND ${condition}
       ORDER BY ${places[sort]} ${order}, id ${order} LIMIT ${SEEN}`,
    );
    expect(found.slice(0, SEEN)).toEqual(expected.map((row) => row.id.replaceAll('-', '')));
  });

  const unwell = [['failed'], ['cancelled'], ['failed', 'cancelled'], ['paused', 'cancelled']] as const;
  const inEachOrder = unwell.flatMap((status) =>
    sorts.flatMap((sort) => orders.map((order) => [status, sort, order] as const)),
  );
  test.each(inEachOrder)('%j, sorted by %s %s, a page is read and no more', async (status, sort, order) => {
    const page = await explain({ status: [...status] }, { sort, order });
    expect(page).toMatchObject({ found: 51, scanned: [] });
    // One range for each way to end, of which each week gives its first.
    expect(page.read).toBeLessThan(51 * status.length + 2 * WEEKS * status.length);
  });

  test('what failed in the last days is counted without a look at what did not', async () => {
    const filter = { status: ['failed' as const], finishedAfter: ago(10) };
    const { scanned, read, found } = await explain(filter, { sort: 'finished', limit: 10_000 });
    expect(scanned).toEqual([]);
    expect(found).toBeGreaterThan(0);
    expect(read).toBe(found);
  });

  test('a later page reads no more than the first', async () => {
    const first = await explain({});
    const [place] = await program.database.sql<
      { id: string }[]
    >`SELECT id FROM runs ORDER BY id LIMIT 1 OFFSET 50000`;
    const later = await explain({}, { after: [place?.id ?? ''] });
    expect(later.found).toBe(51);
    expect(later.read).toBeLessThan(first.read * 3);
  });
});

/** As much of a long list as is looked at. */
const SEEN = 1000;

const inTasks = (condition: string) => `id IN (SELECT run_id FROM tasks WHERE ${condition})`;

/** All pages, one after the other. */
async function readAll(input: Parameters<typeof listRuns>[2]) {
  const found: string[] = [];
  let pages = 0;
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page = await listRuns(...at(), { ...input, limit: 200, ...(cursor ? { cursor } : {}) });
    found.push(...page.items.map((run) => toUuid(run.id)));
    cursor = page.nextCursor;
    pages += 1;
  }
  return { found, pages };
}

/** What one request looks at, with what leads there; of a stage with the tasks of each run. */
const atMost = ({ stage, stageType, stageOutcome }: RunFilter) =>
  (stage ?? stageType ?? stageOutcome) === undefined ? 60_000 : 90_000;

describe('of what hardly any run is', () => {
  const orders = ['desc', 'asc'] as const;
  const cases = Object.keys(SPARSE).flatMap((name) => orders.map((order) => [name, order] as const));

  test.each(cases)('%s, %s, a page looks at so many runs and no more', async (name, order) => {
    const [filter] = SPARSE[name] ?? [{}];
    const { scanned, read, blocks } = await explain(filter, { order });
    expect(scanned).toEqual([]);
    expect(read).toBeLessThan(atMost(filter));
    expect(blocks).toBeLessThan(atMost(filter) * 20);
    const frontier = await listed.explainFrontier(await listed.queryOf(filter, { order }), 10_000);
    expect(frontier.scanned).toEqual([]);
    expect(frontier.read).toBeLessThan(atMost(filter));
  });

  test.each(cases)('%s, %s, the pages together hold every one, in order', async (name, order) => {
    const [filter, condition] = SPARSE[name] ?? [{}, 'false'];
    const expected = await program.database.sql.unsafe(
      `SELECT id::text FROM runs WHERE ${condition} ORDER BY id ${order}`,
    );
    const { found, pages } = await readAll({ ...filter, order });
    expect(found).toEqual(expected.map((row) => row.id.replaceAll('-', '')));
    expect(pages).toBeGreaterThan(1);
  });

  const sorts = ['created', 'finished', 'duration'] as const;
  const ofStages = Object.keys(STAGES).flatMap((name) =>
    sorts.flatMap((sort) => orders.map((order) => [name, sort, order] as const)),
  );
  test.each(ofStages)('%s, sorted by %s %s, a page looks at so many runs', async (name, sort, order) => {
    const filter = STAGES[name] ?? {};
    const { scanned, read, blocks } = await explain(filter, { sort, order });
    expect(scanned).toEqual([]);
    expect(read).toBeLessThan(atMost(filter));
    expect(blocks).toBeLessThan(atMost(filter) * 20);
    const frontier = await listed.explainFrontier(await listed.queryOf(filter, { sort, order }), 10_000);
    expect(frontier.scanned).toEqual([]);
    expect(frontier.read).toBeLessThan(atMost(filter));
  });

  const places = { finished: 'finished_at', duration: 'finished_at - created_at' };
  const sorted = (['finished', 'duration'] as const).flatMap((sort) =>
    orders.map((order) => [sort, order] as const),
  );
  test.each(sorted)('a stage, sorted by %s %s, the pages hold every one, in order', async (sort, order) => {
    const expected = await program.database.sql.unsafe(
      `SELECT id::text FROM runs WHERE finished_at IS NOT NULL AND ${inTasks(`stage_key = '${SELDOM}'`)}
       ORDER BY ${places[sort]} ${order}, id ${order}`,
    );
    const { found, pages } = await readAll({ stage: SELDOM, sort, order });
    expect(found).toEqual(expected.map((row) => row.id.replaceAll('-', '')));
    // Mostly it is not found where one request looks.
    expect(pages).toBeGreaterThan(found.length / 200 + 2);
  });

  test('whoever wants all of them gets them at once', async () => {
    const [filter, condition] = SPARSE['a duration that only the oldest had and a common trigger'] ?? [
      {},
      '',
    ];
    const query = await listed.queryOf(filter, { limit: 1_000_000 });
    const [row] = await program.database.sql.unsafe(
      `SELECT count(*)::int AS count FROM runs WHERE ${condition}`,
    );
    expect((await findPage(program.services, query)).found.length).toBeLessThan(row?.count);
    expect(await findRuns(program.services, query)).toHaveLength(row?.count);
  });
});

describe('pages', () => {
  const input = { pipelineId: id('pipe', 1) as PipelineId, status: ['failed' as const] };
  const count = RUNS / 500;
  const sorts = ['created', 'finished', 'duration'] as const;
  const cases = sorts.flatMap((sort) => (['desc', 'asc'] as const).map((order) => [sort, order] as const));

  test.each(cases)('sorted by %s %s hold every run once and in order', async (sort, order) => {
    const seen: { id: RunId; key: number }[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const page = await listRuns(...at(), {
        ...input,
        sort,
        order,
        limit: 7,
        ...(cursor ? { cursor } : {}),
      });
      for (const run of page.items) {
        expect(run.status).toBe('failed');
        const ended = run.finishedAt?.getTime() ?? 0;
        const keys = {
          created: run.createdAt.getTime(),
          finished: ended,
          duration: ended - run.createdAt.getTime(),
        };
        seen.push({ id: run.id, key: keys[sort] });
      }
      cursor = page.nextCursor;
    }
    expect(new Set(seen.map((run) => run.id)).size).toBe(seen.length);
    expect(seen.length).toBe(count);
    const keys = seen.map(({ key }) => key);
    expect(keys).toEqual([...keys].sort((a, b) => (order === 'asc' ? a - b : b - a)));
  });

  test('a cursor is refused when it is forged, and in another order than it was made for', async () => {
    const { nextCursor } = await listRuns(...at(), { limit: 5 });
    const cursor = nextCursor ?? '';
    await expect(listRuns(...at(), { cursor })).resolves.toBeDefined();
    const forged = `${Buffer.from(JSON.stringify(['runs created desc', '0'.repeat(32)])).toString('base64url')}.${cursor.split('.')[1]}`;
    for (const wrong of [
      { cursor: forged },
      { cursor: 'nonsense' },
      { cursor, sort: 'finished' as const },
      { cursor, order: 'asc' as const },
    ]) {
      await expect(listRuns(...at(), wrong)).rejects.toMatchObject({ code: 'INVALID' });
    }
  });
});

const OF_SELDOM = {
  ran: inTasks(`stage_key = '${SELDOM}'`),
  failed: inTasks(`stage_key = '${SELDOM}' AND status = 'failed'`),
  retried: `id IN (SELECT run_id FROM attempts WHERE ended <> 'released')`,
  attempt_failed: `(id IN (SELECT run_id FROM attempts WHERE ended = 'failed') OR ${inTasks(`stage_key = '${SELDOM}' AND status = 'failed'`)})`,
  attempt_lost: `id IN (SELECT run_id FROM attempts WHERE ended = 'lost')`,
};

describe('what filters find', () => {
  const idsOf = async (filter: Parameters<typeof listRuns>[2]) => {
    const found: RunId[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null && found.length < 200) {
      const page = await listRuns(...at(), { limit: 200, ...filter, ...(cursor ? { cursor } : {}) });
      found.push(...page.items.map((run) => run.id));
      cursor = page.nextCursor;
    }
    return found.slice(0, filter?.limit ?? 200);
  };
  const countOf = async (condition: string) => {
    const [row] = await program.database.sql.unsafe(
      `SELECT count(*)::int AS count FROM runs WHERE ${condition}`,
    );
    return row?.count as number;
  };

  test.each([
    ['rare metadata', { metadata: 'env=rare' }, `'env=rare' = ANY (labels)`],
    ['a rare trigger', { trigger: 'manual' }, `trigger = 'manual'`],
    ['an error group', { errorGroup: GROUP }, 'error_group IS NOT NULL'],
    ['a replay', { replayOf: id('run', 5) as RunId }, 'replay_of IS NOT NULL'],
    [
      'a version and a trigger',
      { versionId: VERSION, trigger: 'manual' },
      `trigger = 'manual' AND version_id = '${toUuid(VERSION)}'`,
    ],
    ['an open status', { status: ['running' as const] }, `status = 'running'`],
    ['metadata of the oldest', { metadata: 'age=old', order: 'asc' }, `'age=old' = ANY (labels)`],
    ['an agent', { agentId: AGENT }, `id IN (SELECT run_id FROM tasks WHERE agent_id = '${toUuid(AGENT)}')`],
    [
      'common metadata and an agent',
      { metadata: 'env=prod', agentId: AGENT },
      `'env=prod' = ANY (labels) AND id IN (SELECT run_id FROM tasks WHERE agent_id = '${toUuid(AGENT)}')`,
    ],
    [
      'metadata and the status of few',
      { metadata: 'age=old', status: ['failed' as const] },
      `status = 'failed' AND 'age=old' = ANY (labels)`,
    ],
    ['a tag', { tag: 'tagged' }, `pipeline_id = '${toUuid(PIPELINE)}' OR 'tag:tagged' = ANY (labels)`],
    [
      'a duration of a few seconds',
      { minDurationMs: 500_000, maxDurationMs: 502_000 },
      `finished_at - created_at >= '500 s' AND finished_at - created_at < '502 s'`,
    ],
    ...Object.entries(OF_SELDOM).map(
      ([outcome, condition]) =>
        [`a stage: ${outcome}`, { stage: SELDOM, stageOutcome: outcome as 'ran' }, condition] as const,
    ),
    ['a stage that nobody was given in it', { stage: 'passed' }, 'false'],
    ['a stage and the agent that did it', { stage: SELDOM, agentId: SELDOM_DID }, OF_SELDOM.ran],
    ['a stage and an agent that did another', { stage: SELDOM, agentId: AGENT }, 'false'],
    ['any stage that failed', { stageOutcome: 'failed' as const }, OF_SELDOM.failed],
    [
      'a tag and a status',
      { tag: 'tagged', status: ['failed' as const] },
      `status = 'failed' AND (pipeline_id = '${toUuid(PIPELINE)}' OR 'tag:tagged' = ANY (labels))`,
    ],
  ] as const)('by %s are all runs of which it is true', async (_, filter, condition) => {
    const ids = await idsOf(filter as Parameters<typeof listRuns>[2]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe(Math.min(200, await countOf(condition)));
  });

  test.each([
    ['desc', { minDurationMs: 301_000, maxDurationMs: 640_000 }],
    ['asc', { minDurationMs: 301_000, maxDurationMs: 640_000 }],
    ['desc', { minDurationMs: 590_000 }],
    ['desc', { maxDurationMs: 65_000 }],
  ] as const)('pages by duration (%s, %o) hold the runs of it in their order', async (order, range) => {
    const { minDurationMs = 0, maxDurationMs = 1e9 } = range as {
      minDurationMs?: number;
      maxDurationMs?: number;
    };
    const expected = await program.database.sql.unsafe(
      `SELECT id::text FROM runs WHERE finished_at - created_at >= '${minDurationMs} ms'
       AND finished_at - created_at < '${maxDurationMs} ms' ORDER BY id ${order} LIMIT 300`,
    );
    const first = await listRuns(...at(), { ...range, order, limit: 150 });
    const second = await listRuns(...at(), { ...range, order, limit: 150, cursor: first.nextCursor ?? '' });
    const found = [...first.items, ...second.items].map((run) => toUuid(run.id));
    expect(found).toEqual(expected.map((row) => row.id.replaceAll('-', '')));
  });

  test('pages of a busy agent hold the runs that it worked on in their order', async () => {
    const expected = await program.database.sql.unsafe(
      `SELECT DISTINCT run_id::text AS id FROM tasks WHERE agent_id = '${toUuid(BUSY)}' ORDER BY 1 DESC LIMIT 300`,
    );
    const first = await listRuns(...at(), { agentId: BUSY, limit: 150 });
    const second = await listRuns(...at(), { agentId: BUSY, limit: 150, cursor: first.nextCursor ?? '' });
    const found = [...first.items, ...second.items].map((run) => toUuid(run.id));
    expect(found).toEqual(expected.map((row) => row.id.replaceAll('-', '')));
  });

  test('a whole id and its beginning find the run', async () => {
    const [some] = await idsOf({ limit: 1 });
    expect(await idsOf({ idPrefix: some ?? '' })).toEqual([some]);
    expect(await idsOf({ idPrefix: some?.slice(0, 30) ?? '' })).toContain(some);
  });

  test('a range of creation holds what was created in it', async () => {
    const { items } = await listRuns(...at(), { createdAfter: ago(3), createdBefore: ago(2), limit: 200 });
    expect(items.length).toBe(200);
    for (const { createdAt } of items) {
      expect(createdAt.toISOString() >= ago(3.01) && createdAt.toISOString() < ago(2)).toBe(true);
    }
  });

  test('who may not read metadata does not find runs by it', async () => {
    const auditor = { ...program.actor, kind: 'person' as const, role: 'auditor' as const };
    const find = listRuns(program.services, auditor, { metadata: 'env=rare' });
    await expect(find).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const byTag = await listRuns(program.services, auditor, { tag: 'tagged', limit: 200 });
    expect(byTag.items.every((run) => run.pipelineId === PIPELINE)).toBe(true);
  });
});
