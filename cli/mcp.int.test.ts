import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client as ClientV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestServer, type TestServer } from '#server/testing/http.ts';

const MAIN = join(import.meta.dirname, 'main.mjs');
const info = { name: 'a-test', version: '1' };

let http: TestServer;
let key: string;
beforeAll(async () => {
  http = await startTestServer();
  key = (await http.call('/api/v1/keys', { name: 'a client', role: 'owner' })).body.key;
});
afterAll(() => http[Symbol.asyncDispose]());

/** As a client starts a server of its own. */
const command = (token = key) => ({
  command: process.execPath,
  args: [MAIN, 'mcp'],
  env: { ...(process.env as Record<string, string>), SIGNALBOX_URL: http.origin, SIGNALBOX_TOKEN: token },
});

async function connectNew() {
  const client = new ClientV2(info, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StdioV2(command()));
  return client;
}
async function connectOld(token = key) {
  const client = new ClientV1(info);
  await client.connect(new StdioV1(command(token)));
  return client;
}

async function makePipeline(stage: object): Promise<string> {
  const name = `stage ${Math.random()}`;
  return (await http.call('/api/v1/pipelines', { name, stages: [{ name: 'only', ...stage }] })).body.id;
}

describe('signalbox mcp', () => {
  test('carries a client of the new generation', async () => {
    const client = await connectNew();
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('run_wait');
    const pipeline_id = await makePipeline({ type: 'echo' });
    const run = await client.callTool({
      name: 'pipeline_run',
      arguments: { pipeline_id, input: { a: 'ü' } },
    });
    const { run_id } = run.structuredContent as { run_id: string };
    const told: number[] = [];
    const waited = await client.callTool(
      { name: 'run_wait', arguments: { run_id } },
      { onprogress: ({ progress }) => told.push(progress) },
    );
    expect(waited.structuredContent).toMatchObject({ status: 'succeeded', is_over: true });
    expect(told).toEqual([...told].sort((a, b) => a - b));
    await client.close();
  });

  test('carries a script of the old generation that says all at once', async () => {
    const { command: program, args, env } = command();
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const hello = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: info };
    const said = [
      { id: 1, method: 'initialize', params: hello },
      { method: 'notifications/initialized' },
      { id: 2, method: 'tools/list' },
    ];
    child.stdin.write(said.map((each) => `${JSON.stringify({ jsonrpc: '2.0', ...each })}\n`).join(''));
    const answers: { id: number; result?: { tools?: { name: string }[] } }[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      answers.push(JSON.parse(line));
      if (answers.length === 2) break;
    }
    child.stdin.end();
    expect(answers.map(({ id }) => id)).toEqual([1, 2]);
    expect(answers[1]?.result?.tools?.map(({ name }) => name)).toContain('run_wait');
  });

  test('carries a client of the old generation, with what the server says unasked', async () => {
    const client = await connectOld();
    const heard: string[] = [];
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
      heard.push(params.uri);
    });
    const pipeline = await makePipeline({ type: 'sleep', config: { ms: 3_600_000 } });
    const run = (await http.call(`/api/v1/pipelines/${pipeline}/execute`, {})).body;
    const uri = `tasks://${run.stages[0].task_id}/state`;
    await client.subscribeResource({ uri });
    await vi.waitFor(
      async () => {
        if (heard.length === 0) await http.call(`/api/v1/runs/${run.id}/pause`, {});
        if (heard.length === 0) await http.call(`/api/v1/runs/${run.id}/resume`, {});
        expect(heard).toContain(uri);
      },
      { timeout: 60_000, interval: 200 },
    );
    await http.call(`/api/v1/runs/${run.id}/cancel`, { grace_seconds: 0 });
    await client.close();
  });

  test('begins a session again that the server has forgotten', async () => {
    const client = await connectOld();
    await http.program.database.sql`DELETE FROM mcp_sessions`;
    // Its process may still have it in memory for a while; ours shall notice at once.
    vi.spyOn(http.program.services, 'now').mockImplementation(() => Date.now() + 60_000);
    const lists = await Promise.all([1, 2, 3].map(() => client.listTools()));
    vi.restoreAllMocks();
    for (const { tools } of lists) expect(tools.length).toBeGreaterThan(5);
    // Once for all of them.
    const [begun] = await http.program.database.sql`SELECT count(*)::int AS n FROM mcp_sessions`;
    expect(begun?.n).toBe(1);
    await client.close();
  });

  test('says in the answer that the key is none', async () => {
    await expect(connectOld('nonsense')).rejects.toThrow(/session or a key/);
  });

  test('ends with its client and leaves no session behind', async () => {
    const client = await connectOld();
    const { pid } = client.transport as StdioV1;
    await client.close();
    await vi.waitFor(() => expect(() => process.kill(pid ?? 0, 0)).toThrow(), { timeout: 30_000 });
    const [left] = await http.program.database
      .sql`SELECT count(*)::int AS n FROM mcp_sessions WHERE used_at > now() - interval '5 seconds'`;
    expect(left?.n).toBe(0);
  });
});
