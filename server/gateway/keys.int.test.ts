import { afterAll, beforeAll, expect, test } from 'vitest';
import { toUuid } from '#server/domain/ids.ts';
import { type McpRig, startMcpRig } from '#server/testing/mcp-rig.ts';
import { echoTool, startUpstream, type TestUpstream } from '#server/testing/mcp-upstream.ts';

let rig: McpRig;
let upstream: TestUpstream;
beforeAll(async () => {
  upstream = await startUpstream([echoTool('ask')]);
  rig = await startMcpRig();
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

test('keys are changed for the next call, which needs no approval anew, and those of before are kept nowhere', async () => {
  const headers = { authorization: 'Bearer of-before', 'x-team': 'blue' };
  const id = await rig.join({ slug: 'guarded', url: upstream.url, headers });
  const { sql } = rig.http.program.database;
  const sealed = async () => {
    const rows = await sql<{ name: string; sealed: Uint8Array }[]>`
      SELECT name, sealed FROM secrets WHERE name LIKE ${`mcp/${toUuid(id as never)}/%`} ORDER BY name`;
    return rows.map((row) => [row.name.split('/')[2], Buffer.from(row.sealed).toString('hex')] as const);
  };
  const call = async () => {
    expect((await rig.call('guarded__ask', { question: 'Why?' })).status).toBe(200);
    return upstream.requests.at(-1)?.headers;
  };
  expect(await call()).toMatchObject(headers);
  const before = await sealed();
  expect(before.map(([name]) => name)).toEqual(['authorization', 'x-team']);

  await rig.ask(`/connections/${id}`, { headers: { authorization: 'Bearer of-now' } }, 'PATCH');
  const since = upstream.requests.length;
  const sent = await call();
  expect([sent?.authorization, sent?.['x-team']]).toEqual(['Bearer of-now', undefined]);
  expect(JSON.stringify(upstream.requests.slice(since))).not.toMatch(/of-before|blue/);
  const after = await sealed();
  expect(after.map(([name]) => name)).toEqual(['authorization']);
  expect(before.map(([, value]) => value)).not.toContain(after[0]?.[1]);
  expect((await rig.ask(`/connections/${id}`)).sealed_names).toEqual(['authorization']);
});
