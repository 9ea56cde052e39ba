import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFile, writeFile } from '#server/services/workspace/files.ts';
import { until } from '#server/testing/faults/until.ts';
import { type McpRig, newClient, startMcpRig } from '#server/testing/mcp-rig.ts';
import { startUpstream, type TestUpstream, text, tool } from '#server/testing/mcp-upstream.ts';
import { refused, startOpenRun } from '#server/testing/workspace/rig.ts';

let rig: McpRig;
let upstream: TestUpstream;
beforeAll(async () => {
  upstream = await startUpstream([tool('ask', () => text('yes'))]);
  rig = await startMcpRig({ SIGNALBOX_HEALTH_LIMITS: 'mcp_error_rate=10, workspace_conflict_rate=40' });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

async function look(name: string) {
  const { body } = await rig.http.call('/api/v1/health');
  return body.conditions.find((one: { name: string }) => one.name === name);
}
const metric = async (name: string, condition: string): Promise<number> => {
  const page = await (await rig.http.fetch('/metrics')).text();
  return Number(new RegExp(`^${name}\\{condition="${condition}"\\} (\\S+)$`, 'm').exec(page)?.[1]);
};

test('calls that fail trigger a condition that health and metrics show, and calls that are refused do not', async () => {
  await rig.join({ slug: 'up', url: upstream.url });
  await rig.join({ slug: 'scarce', url: upstream.url, calls_per_minute: 1 });
  expect(await look('mcp_error_rate')).toMatchObject({
    value: null,
    limit: 10,
    triggered: false,
    unit: 'percent',
  });
  for (let at = 0; at < 19; at += 1) expect((await rig.call('up__ask')).status).toBe(200);
  expect((await rig.call('scarce__ask')).status).toBe(200);
  // The minute's call is used up.
  expect((await rig.call('scarce__ask')).status).toBe(429);
  expect(await look('mcp_error_rate')).toMatchObject({ value: 0, samples: 20, triggered: false });
  expect(await metric('signalbox_condition_triggered', 'mcp_error_rate')).toBe(0);
  upstream.breakWith((response) => response.writeHead(500).end());
  for (let at = 0; at < 4; at += 1) expect((await rig.call('up__ask')).status).toBe(503);
  expect(await look('mcp_error_rate')).toMatchObject({ value: 16.7, samples: 24, triggered: true });
  expect(await metric('signalbox_condition_triggered', 'mcp_error_rate')).toBe(1);
  expect(await metric('signalbox_condition_value', 'mcp_error_rate')).toBe(16.7);
  // What was sent has taken its time; what was refused was not sent.
  expect(await look('mcp_latency')).toMatchObject({ samples: 24, unit: 'ms', value: expect.any(Number) });
});

test('our own tools that fail trigger one, through either door, and what callers get wrong does not', async () => {
  const { sql } = rig.http.program.database;
  const byPost = (body: object) => rig.http.call('/tools/pipelines_list', body);
  const client = await newClient(rig.http, '/mcp');
  for (let at = 0; at < 10; at += 1) expect((await byPost({})).status).toBe(200);
  for (let at = 0; at < 8; at += 1) await client.callTool({ name: 'pipelines_list', arguments: {} });
  const missing = { run_id: `run_${'0'.repeat(31)}1` };
  expect((await rig.http.call('/tools/run_status', missing)).status).toBe(404);
  const wrong = await client.callTool({ name: 'run_status', arguments: missing });
  expect(wrong.isError).toBe(true);
  expect(await look('tool_error_rate')).toMatchObject({ value: 0, limit: 5, samples: 20, triggered: false });
  await sql`ALTER TABLE pipelines RENAME TO away`;
  expect((await byPost({})).status).toBe(500);
  expect(await look('tool_error_rate')).toMatchObject({ value: 4.8, samples: 21, triggered: false });
  expect((await client.callTool({ name: 'pipelines_list', arguments: {} })).isError).toBe(true);
  await sql`ALTER TABLE away RENAME TO pipelines`;
  expect(await look('tool_error_rate')).toMatchObject({ value: 9.1, samples: 22, triggered: true });
  expect(await metric('signalbox_condition_triggered', 'tool_error_rate')).toBe(1);
  await client.close();
});

test('changes that are refused since others came first trigger one, and its samples are those of waiting too', async () => {
  const { services, actor } = rig.http.program;
  const runId = await startOpenRun(services, actor);
  const write = (baseVersion: number, words: string) =>
    writeFile(services, actor, { of: runId, path: 'a.md', baseVersion, content: words });
  await write(0, 'first');
  for (let at = 1; at <= 10; at += 1) await write(at, `version ${at}`);
  for (let at = 0; at < 9; at += 1) expect(await refused(write(1, 'late'))).not.toBeNull();
  expect(await look('workspace_conflict_rate')).toMatchObject({
    value: 45,
    samples: 20,
    limit: 40,
    triggered: true,
  });
  for (const name of ['workspace_lock_wait', 'workspace_latency'])
    expect(await look(name)).toMatchObject({ samples: 20, unit: 'ms', value: expect.any(Number) });
  await until('hot state has all of it', async () => (await look('workspace_sync_lag')).samples === 11);
  const { samples } = await look('workspace_hit_rate');
  for (let at = 0; at < 30; at += 1) await readFile(services, actor, { of: runId, path: 'a.md' });
  expect(await look('workspace_hit_rate')).toMatchObject({ samples: samples + 30, triggered: false });
});
