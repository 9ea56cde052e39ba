import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { checkServer, failuresOf } from '#server/testing/mcp/conformance-suite.ts';
import { createConformanceSurface } from '#server/testing/mcp/fixtures.ts';
import { startSigningProxy } from '#server/testing/mcp/signing-proxy.ts';
import { createMcpRoutes } from './routes.ts';

let http: TestServer;
let proxy: Awaited<ReturnType<typeof startSigningProxy>>;
let folder: string;
beforeAll(async () => {
  http = await startTestServer({}, { routes: createMcpRoutes(createConformanceSurface()) });
  proxy = await startSigningProxy(http.origin, http.secret);
  folder = await mkdtemp(join(tmpdir(), 'signalbox-conformance-'));
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await http[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe.each(['2025-11-25', '2026-07-28'])('the official suite for %s', (revision) => {
  test('finds nothing wrong in any scenario that is scored', async () => {
    const run = await checkServer(`${proxy.origin}/mcp`, { revision, folder });
    const { scored, checks } = run;
    expect([...checks.keys()].sort()).toEqual([...scored].sort());
    expect(failuresOf(run)).toEqual([]);
    for (const [scenario, all] of checks)
      expect([scenario, all.some(({ status }) => status === 'SUCCESS')]).toEqual([scenario, true]);
  });
});
