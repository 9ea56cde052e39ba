import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAggregator } from '#server/analytics/aggregator.ts';
import { MAX_ERROR } from '#server/domain/analytics/histogram.ts';
import { type AgentId, type OrgId, type PipelineId, toUuid, type VersionId } from '#server/domain/ids.ts';
import { LOCAL_OWNER } from '#server/identity/actor.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { fillHistory, historyId } from '#server/testing/history.ts';
import { listAgents } from '../agent/list.ts';
import { listRuns } from '../run/list.ts';
import type { RunFilter } from '../run/run-filter.ts';
import { compareAgents } from './agents.ts';
import { decideError } from './decide-error.ts';
import { listErrors, readError } from './errors.ts';
import { exportAnalytics } from './export.ts';
import { readHome } from './home.ts';
import { readOverview } from './overview.ts';
import { readStages } from './stages.ts';

const OTHER = 'org_00000000000070008000000000000002' as OrgId;
const PIPELINE = `pipe_${historyId('pipeline', 1)}` as PipelineId;
const VERSION = `ver_${historyId('version', 2)}` as VersionId;
const AGENT = `agent_${historyId('agent', 3)}` as AgentId;
const BROKEN = 'aaaaaaaaaaaaaaaa';

let program: TestApp;
beforeAll(async () => {
  program = await startTestApp();
  const { sql } = program.database;
  await sql`INSERT INTO orgs (id, name) VALUES (${OTHER.slice(4)}::text::uuid, 'other')`;
  // Within the two days in which what comes late is looked for: the program has counted the empty tables by now.
  await fillHistory(sql, { runs: 900, days: 1.95, pipelines: 3, agents: 3 });
  await countAll();
});
afterAll(() => program[Symbol.asyncDispose]());

/** Until all that has ended is counted, by this test's own hand or the program's. */
async function countAll(): Promise<void> {
  const { database, services } = program;
  const onTrouble = (message: string, error: unknown) => expect.unreachable(`${message} ${error}`);
  const aggregator = createAggregator({ url: database.url, graphOf: services.graphOf, onTrouble });
  // The program's own may be at it.
  while (!(await aggregator.run()));
  await aggregator.stop();
}

const ago = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();
const time = (at: number): string => new Date(at).toISOString();
const at = () => [program.services, program.actor] as const;

/** As many as the list shows, page after page. */
async function listed(filter: RunFilter): Promise<number> {
  let count = 0;
  for (let cursor: string | undefined; ; ) {
    const page = await listRuns(...at(), { ...filter, limit: 200, ...(cursor ? { cursor } : {}) });
    count += page.items.length;
    if (page.nextCursor === null) return count;
    cursor = page.nextCursor;
  }
}

const SCOPES = {
  'all runs': {},
  'a pipeline': { pipelineId: PIPELINE },
  'a version by its number': { pipelineId: PIPELINE, version: 1 },
  'a version': { versionId: VERSION },
  'an agent': { agentId: AGENT },
  'an agent in a pipeline': { agentId: AGENT, pipelineId: PIPELINE },
  "a pipeline's tag": { tag: 'nightly' },
  "a tag of runs' own": { tag: 'tenth' },
} as const;

describe('figures agree with the lists behind them', () => {
  test.each(Object.entries(SCOPES))(
    'of %s, all together and piece by piece',
    async (_, filter) => {
      const view = await readOverview(...at(), { ...filter, from: ago(47.3), to: ago(1.9), buckets: 6 });
      expect(view.series.length).toBeGreaterThan(2);
      for (const { from, to, runs } of [{ ...view.range, runs: view.runs }, ...view.series]) {
        const ended = { ...filter, finishedAfter: time(from), finishedBefore: time(to) };
        expect([runs.succeeded, runs.failed, runs.cancelled]).toEqual([
          await listed({ ...ended, status: ['succeeded'] }),
          await listed({ ...ended, status: ['failed'] }),
          await listed({ ...ended, status: ['cancelled'] }),
        ]);
        expect(runs.success.of).toBe(runs.succeeded + runs.failed);
      }
    },
    120_000,
  );

  test('of days in a zone whose days begin on the half hour', async () => {
    const view = await readOverview(...at(), { timeZone: 'Asia/Kolkata', from: ago(47), buckets: 4 });
    for (const { from, to, runs } of view.series.slice(1)) {
      expect(new Date(from).toLocaleTimeString('en-GB', { timeZone: 'Asia/Kolkata' })).toMatch(
        /^(00|12):00:00$/,
      );
      const ended = { finishedAfter: time(from), finishedBefore: time(to) };
      expect(runs.succeeded).toBe(await listed({ ...ended, status: ['succeeded'] }));
    }
  });

  test('of a long time in hundreds of pieces as of the same time in one', async () => {
    // Days there begin on the half hour, so each is pieced together: too many rows to be added up by this process.
    const range = { from: ago(24 * 450), to: ago(0.5), timeZone: 'Asia/Kolkata' };
    const pieces = await readOverview(...at(), { ...range, buckets: 500 });
    const whole = await readOverview(...at(), { ...range, buckets: 1 });
    expect(pieces.series.length).toBeGreaterThan(400);
    expect(whole.series.length).toBe(1);
    expect([pieces.runs, pieces.tasks]).toEqual([whole.runs, whole.tasks]);
    expect(whole.runs.succeeded).toBeGreaterThan(0);
  });

  test('of kinds of failures', async () => {
    const { groups, range } = await listErrors(...at(), { from: ago(40) });
    expect(groups.map(({ code }) => code).sort()).toEqual(['BROKEN', 'TIMEOUT']);
    for (const { id, runs, trend, places } of groups) {
      const ended = { finishedAfter: time(range.from), finishedBefore: time(range.to) };
      expect(runs).toBe(await listed({ ...ended, errorGroup: id }));
      expect(trend.reduce((sum, point) => sum + point.runs, 0)).toBe(runs);
      expect(places.reduce((sum, place) => sum + place.runs, 0)).toBe(runs);
    }
  });

  test('percentiles are at most four percent off, of waiting and of working apart', async () => {
    const { runs, tasks, range } = await readOverview(...at(), { from: ago(48) });
    const [exact] = await program.database.sql<[Record<string, number>]>`
      WITH ended AS (SELECT * FROM runs WHERE finished_at >= ${new Date(range.from)}),
        work AS (SELECT t.* FROM tasks t JOIN ended r ON r.id = t.run_id)
      SELECT (SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - created_at) * 1000)
          FROM ended WHERE status = 'succeeded')::float8 AS duration,
        (SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - ready_at) * 1000) FROM work)::float8 AS wait,
        (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at) * 1000)
          FROM work WHERE status = 'succeeded')::float8 AS time`;
    for (const [found, real] of [
      [runs.duration.p95, exact?.duration],
      [tasks.wait.p95, exact?.wait],
      [tasks.time.p50, exact?.time],
    ] as [number, number][]) {
      expect(Math.abs(found - real)).toBeLessThanOrEqual(real * MAX_ERROR + 0.5);
    }
  });

  test('the stage that runs wait for longest comes first, with its share of all that they wait for', async () => {
    const { stages } = await readStages(...at(), { from: ago(48) });
    expect(stages).toHaveLength(15);
    const shares = stages.map(({ critical }) => critical.value ?? 0);
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
    // Beside `check` stands `shape`, which ends later: no run waits for `check` alone.
    expect(stages.filter(({ critical }) => critical.value === 0).map(({ stageKey }) => stageKey)).toEqual(
      Array(3).fill('check'),
    );
  });

  test.each(Object.entries(SCOPES))('of %s: tasks, failures and retries of each stage', async (_, filter) => {
    const { stages, range } = await readStages(...at(), { ...filter, from: ago(47.3), to: ago(1.9) });
    expect(stages.length).toBeGreaterThan(0);
    const ended = { ...filter, finishedAfter: time(range.from), finishedBefore: time(range.to) };
    let retried = 0;
    for (const { pipelineId, stageKey: stage, capability: stageType, tasks, failed, retries } of stages) {
      const of = { ...ended, ...(pipelineId ? { pipelineId } : { trigger: 'task' }), stage, stageType };
      expect([tasks, failed]).toEqual([await listed(of), await listed({ ...of, stageOutcome: 'failed' })]);
      const again = await listed({ ...of, stageOutcome: 'retried' });
      // A run counts once, however often it was tried again; of an agent, hand-outs that it kept beside its last ones.
      if ('agentId' in filter) continue;
      expect(again).toBeLessThanOrEqual(Math.round((retries.value ?? 0) * retries.of));
      expect(again > 0).toBe((retries.value ?? 0) > 0);
      retried += again;
    }
    if (!('agentId' in filter)) expect(retried).toBeGreaterThan(0);
  });

  test('of attempts that failed or were lost at an agent', async () => {
    const { agents, range } = await compareAgents(...at(), { from: ago(47.3), to: ago(1.9) });
    const ended = { finishedAfter: time(range.from), finishedBefore: time(range.to) };
    for (const { agentId, failedAttempts, lost } of agents) {
      const [failing, losing] = await Promise.all(
        (['attempt_failed', 'attempt_lost'] as const).map((stageOutcome) =>
          listed({ ...ended, agentId, stageOutcome }),
        ),
      );
      expect(failing).toBeLessThanOrEqual(failedAttempts);
      expect([(failing ?? 0) > 0, (losing ?? 0) > 0]).toEqual([failedAttempts > 0, lost > 0]);
    }
    expect(agents.some(({ failedAttempts }) => failedAttempts > 0)).toBe(true);
  });

  test('agents are told apart by their hand-outs', async () => {
    // From before the first: of a run at the edge of a range some tasks ended outside it.
    const { agents, countedUntil } = await compareAgents(...at(), { from: ago(60) });
    expect(agents.map(({ name }) => name).sort()).toEqual(['history 1', 'history 2', 'history 3']);
    const { range } = await readOverview(...at(), { from: ago(60) });
    const real = await program.database.sql<{ id: string; attempts: number; lost: number }[]>`
      SELECT replace(agent_id::text, '-', '') AS id, count(*)::int AS attempts, count(*) FILTER (WHERE ended = 'lost')::int AS lost
      FROM task_attempts WHERE run_id IN (SELECT id FROM runs WHERE finished_at >= ${new Date(range.from)} AND finished_at <= ${countedUntil && new Date(countedUntil)}) GROUP BY 1 ORDER BY 1`;
    const counted = agents.map(({ agentId, attempts, lost }) => ({ id: agentId.slice(6), attempts, lost }));
    expect(counted.sort((a, b) => a.id.localeCompare(b.id))).toEqual([...real]);
  });
});

describe('the home page agrees with the lists that it leads to', () => {
  test('number by number', async () => {
    const { sql } = program.database;
    await sql`UPDATE runs SET status = 'running', finished_at = NULL WHERE id IN (SELECT id FROM runs ORDER BY id DESC LIMIT 7)`;
    await sql`UPDATE tasks SET status = 'ready', agent_id = NULL, ready_at = now() - interval '10 minutes'
      WHERE idx = 4 AND run_id IN (SELECT id FROM runs WHERE status = 'running' ORDER BY id LIMIT 3)`;
    // The program, which has just started, takes them for there until they have been silent for a while.
    await sql`UPDATE agent_health SET state = CASE name WHEN 'history 1' THEN 'offline' WHEN 'history 2' THEN 'stale' ELSE state END
      FROM agents WHERE id = agent_id AND name LIKE 'history %'`;
    await sql`UPDATE agents SET ordered = 'quarantined', ordered_reason = 'odd answers' WHERE name = 'history 3'`;
    // One that is there and answers, and fails what it is given.
    await sql`INSERT INTO agent_performance (org_id, agent_id, capability, minute, succeeded, failed, lost, busy_ms, max_ms)
      SELECT ${toUuid(program.actor.orgId)}::text::uuid, id, 'fails', date_trunc('minute', now()), 1, 6, 0, 500, 300
      FROM agents WHERE transport = 'local' ORDER BY name LIMIT 1`;
    const home = await readHome(...at());
    expect([home.running.count, home.stuck.count]).toEqual([7, 3]);
    expect(home.failed.count).toBeGreaterThan(10);
    for (const { count, filter } of [home.running, home.failed, home.stuck])
      expect(count).toBe(await listed(filter));
    const down = await listAgents(...at(), home.agents?.down.filter);
    expect([home.agents?.down.count, down.items.length]).toEqual([4, 4]);
    // Which of them are offline by now hangs on how long the program has heard nothing of them.
    const inState = (wanted: string) => down.items.filter(({ state }) => state === wanted).length;
    expect(home.agents?.down.each).toEqual({
      failing: 1,
      ...{ quarantined: inState('quarantined'), stale: inState('stale'), offline: inState('offline') },
    });
    expect(home.firstSteps).toEqual({ hasRun: true, hasAgent: true });
    expect(home.lastDay.length).toBeLessThanOrEqual(49);
  });

  test('and of another tenant it is empty', async () => {
    const other = { ...LOCAL_OWNER, orgId: OTHER };
    const builtins = (await listAgents(program.services, other)).items.filter(
      ({ transport }) => transport === 'local',
    );
    const home = await readHome(program.services, other);
    expect(home).toMatchObject({
      ...{ running: { count: 0 }, failed: { count: 0 }, stuck: { count: 0 } },
      // Those that come with the program, which serve every organisation.
      agents: { all: builtins.length, down: { count: 0 } },
      firstSteps: { hasRun: false, hasAgent: false },
    });
  });
});

describe('nothing is told to those who may not know it', () => {
  test('another tenant counts nothing of this one', async () => {
    const stranger = { ...LOCAL_OWNER, orgId: OTHER };
    const { runs } = await readOverview(program.services, stranger, { from: ago(48) });
    expect([runs.succeeded, runs.failed, runs.cancelled]).toEqual([0, 0, 0]);
    expect((await listErrors(program.services, stranger, { from: ago(48) })).groups).toEqual([]);
    await expect(readError(program.services, stranger, { id: BROKEN })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const decision = decideError(program.services, stranger, { id: BROKEN, status: 'resolved' });
    await expect(decision).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('an auditor sees that runs failed, and not what errors say', async () => {
    const auditor = { ...LOCAL_OWNER, role: 'auditor' as const };
    const { groups } = await listErrors(program.services, auditor, { from: ago(48) });
    expect(groups).toHaveLength(2);
    for (const { code, message } of groups)
      expect(message).toBe(`${code} (what it said is hidden from your role)`);
    const decision = decideError(program.services, auditor, { id: BROKEN, status: 'resolved' });
    await expect(decision).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('a kind of failure', () => {
  test('that was resolved is open again when it comes up anew, and one that is ignored stays so', async () => {
    const statusOf = async () => {
      const { group } = await readError(...at(), { id: BROKEN, from: ago(48) });
      return [group.status, group.isBack];
    };
    // Before now, whatever an earlier try has left.
    await program.database
      .sql`UPDATE error_groups SET last_seen = now() - interval '1 second' WHERE id = ${BROKEN}`;
    await decideError(...at(), { id: BROKEN, status: 'resolved', note: 'mended' });
    expect(await statusOf()).toEqual(['resolved', false]);
    await program.database
      .sql`UPDATE error_groups SET last_seen = now() + interval '1 second' WHERE id = ${BROKEN}`;
    expect(await statusOf()).toEqual(['open', true]);
    await decideError(...at(), { id: BROKEN, status: 'ignored' });
    expect(await statusOf()).toEqual(['ignored', false]);
    const { groups } = await listErrors(...at(), { from: ago(48), status: ['open'] });
    expect(groups.map(({ id }) => id)).not.toContain(BROKEN);
  });
});

test('what cannot be counted is refused with what to do instead', async () => {
  const refused = (input: Parameters<typeof readOverview>[2]) =>
    expect(readOverview(...at(), input)).rejects.toMatchObject({ code: 'INVALID' });
  await refused({ from: ago(1), to: ago(2) });
  await refused({ from: ago(24 * 1200) });
  await refused({ agentId: AGENT, tag: 'nightly' });
  await refused({ timeZone: 'Mars/Olympus' });
  await refused({ buckets: 501 });
});

test('every table can be had as a file, as CSV and as JSON with the same values, and names in it are no formulas', async () => {
  const name = '=HYPERLINK("https://evil.example";"more")';
  await program.database.sql`UPDATE pipelines SET name = ${name} WHERE id = ${PIPELINE.slice(5)}::uuid`;
  for (const what of ['series', 'stages', 'agents', 'errors'] as const) {
    const csv = await exportAnalytics(...at(), { what, from: ago(48), to: ago(1) });
    const json = await exportAnalytics(...at(), { what, format: 'json', from: ago(48), to: ago(1) });
    const lines = JSON.parse(json.text) as object[];
    expect(lines.length).toBeGreaterThan(0);
    expect(csv.text.split('\r\n')).toHaveLength(lines.length + 2);
    expect(csv.text.split('\r\n')[0]).toBe(Object.keys(lines[0] ?? {}).join(','));
    expect(csv.text).not.toMatch(/(^|[,\r\n])"?=/);
    if (what !== 'stages') continue;
    expect(csv.text).toContain(`"'=HYPERLINK(`);
    expect(json.text).toContain(JSON.stringify(name));
  }
});

test('an export has all stages, of which the list has the first and says how many there are', async () => {
  const { sql } = program.database;
  await sql`INSERT INTO task_rollups SELECT (json_populate_record(t, json_build_object('stage_key', 'many ' || n))).*
    FROM task_rollups t, generate_series(1, 600) n
    WHERE t.ctid = (SELECT ctid FROM task_rollups ORDER BY at DESC LIMIT 1)`;
  const range = { from: ago(24 * 30) };
  const { stages, total } = await readStages(...at(), range);
  expect(stages).toHaveLength(100);
  expect(total).toBeGreaterThan(600);
  const { text } = await exportAnalytics(...at(), { ...range, what: 'stages' });
  expect(text.trim().split('\n').length - 1).toBe(total);
  const errors = await listErrors(...at(), { ...range, limit: 1 });
  expect(errors.groups).toHaveLength(1);
  expect(errors.total).toBeGreaterThan(1);
});
