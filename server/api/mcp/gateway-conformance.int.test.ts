import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { startConformanceClients } from '#server/testing/mcp/conformance-client.ts';
import {
  checkClient,
  checkServer,
  failedScenarios,
  failuresOf,
} from '#server/testing/mcp/conformance-suite.ts';
import { createConformanceSurface } from '#server/testing/mcp/fixtures.ts';
import { startSigningProxy } from '#server/testing/mcp/signing-proxy.ts';
import { type McpRig, startMcpRig } from '#server/testing/mcp-rig.ts';
import { createMcpRoutes } from './routes.ts';

let conforming: TestServer;
let rig: McpRig;
let proxy: Awaited<ReturnType<typeof startSigningProxy>>;
let folder: string;
beforeAll(async () => {
  conforming = await startTestServer({}, { routes: createMcpRoutes(createConformanceSurface()) });
  rig = await startMcpRig();
  const connection_id = await rig.join({
    ...{ slug: 'conforming', url: `${conforming.origin}/mcp` },
    headers: { authorization: `Bearer ${conforming.secret}` },
  });
  const { tools } = await rig.ask(`/connections/${connection_id}/tools?limit=200`);
  // Under the names that the suite calls.
  await rig.ask('/servers', {
    ...{ slug: 'conforming', name: 'Conforming' },
    tools: tools.map(({ name: tool }: { name: string }) => ({
      ...{ connection_id, tool },
      ...(tool === 'resources/*' ? {} : { name: tool.replace(/^prompts\//, '') }),
    })),
  });
  for (const tool of ['sampling/createMessage', 'roots/list']) {
    await rig.ask('/rules', { effect: 'allow', who: { kind: 'everybody' }, connection_id, tool });
  }
  // The suite asks for URIs that it knows by heart, and not for those that it is shown.
  proxy = await startSigningProxy(rig.http.origin, rig.http.secret, {
    toServer: (text) => text.replaceAll('test://', 'conforming+test://'),
    toClient: (text) => text.replaceAll('conforming+test://', 'test://'),
  });
  folder = await mkdtemp(join(tmpdir(), 'signalbox-conformance-'));
});
afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await rig?.[Symbol.asyncDispose]();
  await conforming?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe.each(['2025-11-25', '2026-07-28'])('the official suite for %s through the gateway', (revision) => {
  test('finds in a conforming server behind it what it finds in front of it', async () => {
    const run = await checkServer(`${proxy.origin}/mcp/servers/conforming`, { revision, folder });
    expect([...run.checks.keys()].sort()).toEqual([...run.scored].sort());
    expect(failedScenarios(run), failuresOf(run).join('\n')).toEqual([]);
  }, 900_000);
});

describe.each(['2025-11-25', '2026-07-28'])('the official suite for clients, %s', (revision) => {
  test('finds nothing wrong in how the gateway speaks to servers and signs in at them', async () => {
    await using clients = await startConformanceClients();
    const run = await checkClient(clients.command, { revision, folder });
    expect([...run.checks.keys()].sort()).toEqual([...run.scored].sort());
    expect(failedScenarios(run), failuresOf(run).join('\n')).toEqual([]);
  }, 900_000);
});
