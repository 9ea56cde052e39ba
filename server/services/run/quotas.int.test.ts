import { expect, it } from 'vitest';
import { countBornSince } from '#db/queries/count-runs.ts';
import { DEFAULT_ORG_ID, toUuid } from '#server/domain/ids.ts';
import { startTestServer } from '#server/testing/http.ts';

it('refuses a task that is one too many in flight, but not one that was submitted before', async () => {
  await using server = await startTestServer({
    SIGNALBOX_RUNS_IN_FLIGHT: '2',
    SIGNALBOX_RUNS_PER_DAY: '100',
  });
  // Nobody can do it, so it waits.
  const submit = (key: string) =>
    server.call('/api/v1/tasks', { type: 'nobody-does-this' }, { headers: { 'idempotency-key': key } });
  const answers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(submit));
  const statuses = answers.map(({ status }) => status);
  expect(statuses.toSorted()).toEqual([202, 202, 429, 429, 429]);
  const refused = answers.find(({ status }) => status === 429);
  expect(refused?.headers.get('retry-after')).toBe('5');
  expect(refused?.headers.get('ratelimit-policy')).toBe('"runs_in_flight";q=2');
  expect(refused?.headers.get('ratelimit')).toBe('"runs_in_flight";r=0');
  expect(refused?.body).toMatchObject({
    code: 'LIMITED',
    detail:
      'Your organisation has 2 runs in flight, and may have 2 (runs_in_flight). There is room again when one of them ends.',
    limit: 'runs_in_flight',
    used: 2,
    max: 2,
  });
  const taken = answers.findIndex(({ status }) => status === 202);
  const again = await submit('abcde'[taken] ?? '');
  expect(again.status).toBe(200);
  expect(again.body.id).toBe(answers[taken]?.body.id);
  const { body: limits } = await server.call('/api/v1/limits');
  expect(limits.quotas).toEqual([
    // What was refused was given back.
    { name: 'runs_per_day', limit: 100, used: 2, resets_at: expect.stringMatching(/T00:00:00.000Z$/) },
    { name: 'runs_in_flight', limit: 2, used: 2, resets_at: null },
  ]);
  const born = (sinceMs: number, max: number) =>
    countBornSince(server.program.database.sql, toUuid(DEFAULT_ORG_ID), { sinceMs, max });
  expect(await born(Date.now() - 3_600_000, 100)).toBe(2);
  expect(await born(Date.now() - 3_600_000, 1)).toBe(1);
  expect(await born(Date.now() + 3_600_000, 100)).toBe(0);
  const runId = answers[taken]?.body.run_id;
  expect((await server.call(`/api/v1/runs/${runId}/cancel`, {})).status).toBe(200);
  await expect.poll(async () => (await submit('f')).status, { timeout: 60_000 }).toBe(202);
});

it('refuses a key its runs of a minute, and an organisation those of a day, with when there is room again', async () => {
  await using server = await startTestServer({
    SIGNALBOX_RUNS_PER_DAY: '3',
    SIGNALBOX_RUNS_PER_KEY_MINUTE: '1',
  });
  const pipeline = { name: 'p', stages: [{ name: 'a', type: 'nobody-does-this' }] };
  const { id } = (await server.call('/api/v1/pipelines', pipeline)).body;
  const { key } = (await server.call('/api/v1/keys', { name: 'k', role: 'operator' })).body;
  const submit = (headers: Record<string, string>) =>
    server.call('/api/v1/tasks', { type: 'nobody-does-this' }, { headers });
  const byKey = { authorization: `Bearer ${key}` };
  expect((await submit(byKey)).status).toBe(202);
  const minute = await submit(byKey);
  expect(minute).toMatchObject({ status: 429, body: { limit: 'runs_per_key_minute', max: 1, used: 1 } });
  // On a server for this machine alone calls have no rates: the quota stands by itself.
  expect(minute.headers.get('ratelimit-policy')).toBe('"runs_per_key_minute";q=1');
  const again = minute.headers.get('retry-after');
  expect(Number(again)).toBeGreaterThan(0);
  expect(minute.headers.get('ratelimit')).toBe(`"runs_per_key_minute";r=0;t=${again}`);
  const overTrpc = await server.call('/api/trpc/pipelines.execute', { id }, { headers: byKey });
  expect(overTrpc.status).toBe(429);
  expect(overTrpc.headers.get('ratelimit-policy')).toBe('"runs_per_key_minute";q=1');
  expect(overTrpc.headers.get('ratelimit')).toMatch(/^"runs_per_key_minute";r=0;t=\d+$/);
  expect(Number(overTrpc.headers.get('retry-after'))).toBeGreaterThan(0);
  expect([(await submit({})).status, (await submit({})).status]).toEqual([202, 202]);
  const day = await submit({});
  expect(day).toMatchObject({ status: 429, body: { limit: 'runs_per_day', max: 3, used: 3 } });
  expect(day.headers.get('ratelimit-policy')).toBe('"runs_per_day";q=3');
  expect(day.headers.get('ratelimit')).toBe(`"runs_per_day";r=0;t=${day.headers.get('retry-after')}`);
});
