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
import { oldOnly } from '#server/testing/mcp/old-only.ts';
import { startSigningProxy } from '#server/testing/mcp/signing-proxy.ts';
import { type McpRig, startMcpRig } from '#server/testing/mcp-rig.ts';
import { createMcpRoutes } from './routes.ts';

let rig: McpRig;
let folder: string;
beforeAll(async () => {
  rig = await startMcpRig();
  folder = await mkdtemp(join(tmpdir(), 'signalbox-conformance-'));
});
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const REVISIONS = ['2025-11-25', '2026-07-28'];

const createRoutes = () => createMcpRoutes(createConformanceSurface());

/** The name that the suite gives a question; one of the old generation has none, and the gateway's for it is another. */
const named = { bySuite: '"user_name":', byGateway: '"answer":' };

/** Conforming servers: one that speaks both generations, and one that was written before there was a new one. */
const SERVERS = [
  { slug: 'conforming', generation: '2026', routes: createRoutes, name: null, cannot: {} },
  {
    ...{ slug: 'aged', generation: '2025', routes: () => oldOnly(createRoutes()), name: named },
    /** By scenario, why it says nothing of a server of that generation. */
    cannot: {
      'input-required-result-multiple-input-requests':
        'it asks one thing at a time, since each question is a request of its own',
      'input-required-result-capability-check':
        'it is told what can be asked once for a session, and not with each call',
    },
  },
];

describe.each(SERVERS)('through the gateway, the server $slug of the generation $generation', (server) => {
  const { slug, generation, routes, name, cannot } = server;
  let conforming: TestServer;
  let proxy: Awaited<ReturnType<typeof startSigningProxy>>;
  beforeAll(async () => {
    conforming = await startTestServer({}, { routes: routes() });
    const connection_id = await rig.join({
      ...{ slug, url: `${conforming.origin}/mcp` },
      headers: { authorization: `Bearer ${conforming.secret}` },
    });
    expect((await rig.ask(`/connections/${connection_id}`)).health).toMatchObject({ ok: true, generation });
    const { tools } = await rig.ask(`/connections/${connection_id}/tools?limit=200`);
    // Under the names that the suite calls.
    await rig.ask('/servers', {
      ...{ slug, name: slug },
      tools: tools.map(({ name: tool }: { name: string }) => ({
        ...{ connection_id, tool },
        ...(tool === 'resources/*' ? {} : { name: tool.replace(/^prompts\//, '') }),
      })),
    });
    for (const tool of ['sampling/createMessage', 'roots/list']) {
      await rig.ask('/rules', { effect: 'allow', who: { kind: 'everybody' }, connection_id, tool });
    }
    // The suite asks for what it knows by heart, and not for what it is shown.
    const pairs = [['test://', `${slug}+test://`], ...(name ? [[name.bySuite, name.byGateway]] : [])];
    proxy = await startSigningProxy(rig.http.origin, rig.http.secret, {
      toServer: (text) => pairs.reduce((now, [suite = '', ours = '']) => now.replaceAll(suite, ours), text),
      toClient: (text) => pairs.reduce((now, [suite = '', ours = '']) => now.replaceAll(ours, suite), text),
    });
  });
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await conforming?.[Symbol.asyncDispose]();
  });

  test.each(REVISIONS)(
    'is found by the official suite for %s as it is without a gateway',
    async (revision) => {
      const run = await checkServer(`${proxy.origin}/mcp/servers/${slug}`, {
        ...{ revision, folder: join(folder, slug), cannot: Object.keys(cannot) },
      });
      expect([...run.checks.keys()].sort()).toEqual([...run.scored].sort());
      const known = run.scored.filter((scenario) => Object.hasOwn(cannot, scenario));
      expect(failedScenarios(run), failuresOf(run).join('\n')).toEqual(known);
    },
    900_000,
  );
});

describe.each(REVISIONS)('the official suite for clients, %s', (revision) => {
  test('finds nothing wrong in how the gateway speaks to servers and signs in at them', async () => {
    await using clients = await startConformanceClients();
    const run = await checkClient(clients.command, { revision, folder });
    expect([...run.checks.keys()].sort()).toEqual([...run.scored].sort());
    expect(failedScenarios(run), failuresOf(run).join('\n')).toEqual([]);
  }, 900_000);
});
