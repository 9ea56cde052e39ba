import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_ORG_ID, toUuid } from '#server/domain/ids.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { exportAudit } from './export.ts';
import { type ListAudit, listAudit } from './list.ts';

/** More than an export reads at once. */
const MANY = 2100;
const FORMULA = '=HYPERLINK("http://evil.example","x")';

let http: TestServer;
const at = () => [http.program.services, http.program.actor] as const;
beforeAll(async () => {
  http = await startTestServer();
  await http.program.database
    .sql`SELECT audit_append(${toUuid(DEFAULT_ORG_ID)}::text::uuid, json_agg(json_build_object(
    'actor', json_build_object('id', CASE WHEN n % 2 = 0 THEN 'even' ELSE 'odd' END), 'action', 'test.filled', 'target', (n % 3)::text)))
    FROM generate_series(1, ${MANY}::int) AS n`;
  await http.program.services.record(http.program.actor, 'test.named', {
    target: FORMULA,
    reason: 'a, "b"\n+c',
    before: null,
    after: { name: '@SUM(1)' },
  });
}, 60_000);
afterAll(() => http[Symbol.asyncDispose]());

const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');
const seqsOf = (text: string): number[] => linesOf(text).map((line) => JSON.parse(line).seq);
const exported = (query: Record<string, string>) =>
  http.fetch(`/api/v1/audit/export?${new URLSearchParams(query)}`);

async function listed(filter: ListAudit): Promise<number[]> {
  const seqs: number[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await listAudit(...at(), {
      ...filter,
      ...(cursor ? { cursor } : {}),
      limit: 200,
      order: 'asc',
    });
    seqs.push(...page.items.map(({ seq }) => seq));
    cursor = page.nextCursor;
  }
  return seqs;
}

describe('an export of the audit', () => {
  test('has all entries as JSON lines where nothing else is asked for', async () => {
    const answer = await exported({});
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const text = await answer.text();
    expect(seqsOf(text)).toEqual(await listed({}));
    expect(Object.keys(JSON.parse(linesOf(text)[0] ?? ''))).toEqual(['seq', 'at', 'body', 'hash']);
  });

  test.each<[string, Record<string, string>, ListAudit, number]>([
    ['who', { actor_id: 'even' }, { actorId: 'even' }, MANY / 2],
    ['what', { action: 'test.filled' }, { action: 'test.filled' }, MANY],
    ['to what', { target: '0' }, { target: '0' }, MANY / 3],
    ['all of it', { actor_id: 'odd', target: '1' }, { actorId: 'odd', target: '1' }, MANY / 6],
    ['what never was', { action: 'test.never' }, { action: 'test.never' }, 0],
  ])('has just what the list shows by %s', async (_, query, filter, count) => {
    const seqs = seqsOf(await (await exported(query)).text());
    expect(seqs).toEqual(await listed(filter));
    expect(seqs).toHaveLength(count);
    const csv = await (await exported({ ...query, format: 'csv' })).text();
    expect(linesOf(csv).slice(1)).toHaveLength(count);
  });

  test('has just what the list shows of a time', async () => {
    const [first] = (await listAudit(...at(), { action: 'test.named' })).items;
    const moment = first?.at.toISOString() ?? '';
    for (const filter of [{ from: moment }, { until: moment }, { until: '2001-01-01T00:00:00.000Z' }]) {
      expect(seqsOf(await (await exported(filter as never)).text())).toEqual(await listed(filter));
    }
    expect(await listed({ from: moment })).toContain(first?.seq);
  });

  test('as CSV has a head and no formula in it, whatever names say', async () => {
    const answer = await exported({ action: 'test.named', format: 'csv' });
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="audit.csv"');
    const text = await answer.text();
    expect(text.split('\r\n')[0]).toBe(
      'seq,at,actor_id,actor,action,target,address,request_id,reason,before,after,hash',
    );
    expect(text).toContain(`"'=HYPERLINK(""http://evil.example"",""x"")"`);
    expect(text).toContain(`"a, ""b""\n'+c"`);
    expect(text).toContain('"{""name"":""@SUM(1)""}"');
  });

  test('comes in pieces, none of which has all of it', async () => {
    const pieces: number[] = [];
    for await (const piece of await exportAudit(...at(), { action: 'test.filled' }))
      pieces.push(linesOf(piece).length);
    expect(pieces).toEqual([1000, 1000, 100]);
  });

  test('is an entry itself, with what was asked for', async () => {
    const [before] = (await listAudit(...at(), {})).items;
    await (await exported({ action: 'test.named', format: 'csv' })).text();
    const [entry] = (await listAudit(...at(), { action: 'audit.exported' })).items;
    expect(entry?.seq).toBeGreaterThan(before?.seq ?? 0);
    expect(entry).toMatchObject({ target: 'audit', after: { format: 'csv', action: 'test.named' } });
    // Whoever is refused has taken nothing along.
    expect((await http.ask('/api/v1/audit/export')).status).toBe(401);
    expect((await listAudit(...at(), { action: 'audit.exported' })).items[0]?.seq).toBe(entry?.seq);
  });

  test('refuses a filter or a form that there is not', async () => {
    for (const query of [{ who: 'me' }, { format: 'xlsx' }, { from: 'yesterday' }] as Record<
      string,
      string
    >[])
      expect((await exported(query)).status).toBe(400);
  });
});
