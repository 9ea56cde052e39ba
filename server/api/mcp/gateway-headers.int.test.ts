import { expect, test } from 'vitest';
import { askMcp } from '#server/testing/mcp/ask-mcp.ts';
import { newClient, oldClient, startMcpRig } from '#server/testing/mcp-rig.ts';
import { startUpstream, text, tool } from '#server/testing/mcp-upstream.ts';

const WRONG: Record<string, string>[] = [
  {},
  { 'mcp-param-region': 'us' },
  { 'mcp-param-region': '=?base64?!?=' },
];

test('an argument that a tool wants in a header too is refused where the two disagree, before the server hears of it', async () => {
  let calls = 0;
  const act = () => {
    calls += 1;
    return text('done');
  };
  const properties = { region: { type: 'string', 'x-mcp-header': 'Region' } };
  await using rig = await startMcpRig();
  await using regional = await startUpstream([
    tool('move', act, { inputSchema: { type: 'object', properties } }),
  ]);
  await rig.join({ slug: 'regional', url: regional.url });
  const name = 'regional__move';
  const call = (headers: Record<string, string>) =>
    askMcp(rig.http, {
      ...{ method: 'tools/call', path: '/mcp/gateway' },
      params: { name, arguments: { region: 'eu' } },
      headers: { authorization: `Bearer ${rig.http.secret}`, ...headers },
    });
  const encoded = { 'mcp-name': `=?base64?${btoa(name)}?=` };
  // The second is no plain call, and goes through the protocol's library.
  for (const how of [{}, encoded]) {
    for (const said of WRONG) {
      const { status, body } = await call({ ...how, ...said });
      expect([status, body.error.code, body.error.message]).toEqual([
        ...[400, -32_020],
        expect.stringContaining('Mcp-Param-Region'),
      ]);
    }
    expect(calls).toBe(0);
    expect((await call({ ...how, 'mcp-param-region': 'eu' })).body.result.content).toEqual(
      text('done').content,
    );
    calls = 0;
  }
  // Clients of the library do so by themselves, and those of the old generation know nothing of it.
  for (const connect of [newClient, oldClient]) {
    const client = await connect(rig.http, '/mcp/gateway');
    await client.listTools();
    await client.callTool({ name, arguments: { region: 'eu' } });
    await client.close();
  }
  expect(calls).toBe(2);
});
