import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '#server/testing/http.ts';

let http: TestServer;
beforeAll(async () => {
  http = await startTestServer();
});
afterAll(() => http[Symbol.asyncDispose]());

const info = { name: 'a-test', version: '1' };
const url = () => new URL(`${http.origin}/mcp`);
const withKey = () => ({ requestInit: { headers: { authorization: `Bearer ${http.secret}` } } });

async function connectNew(): Promise<ClientV2> {
  const client = new ClientV2(info, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new TransportV2(url(), withKey()));
  return client;
}

async function connectOld(): Promise<ClientV1> {
  const client = new ClientV1(info);
  await client.connect(new TransportV1(url(), withKey()));
  return client;
}

describe.each([
  ['new', connectNew],
  ['old', connectOld],
])('a client of the %s generation', (_, connect) => {
  test('lists tools and calls one', async () => {
    const client = await connect();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain('pipelines_list');
    const answer = await client.callTool({ name: 'pipelines_list', arguments: {} });
    expect(answer.structuredContent).toMatchObject({ pipelines: expect.any(Array), next_cursor: null });
    await client.close();
  });
});

test('the same tool over plain HTTP answers with the same', async () => {
  const { status, body } = await http.call('/tools/pipelines_list', {});
  expect(status).toBe(200);
  expect(body).toMatchObject({ pipelines: expect.any(Array), next_cursor: null });
});
