import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { createConformanceSurface } from '#server/testing/mcp/fixtures.ts';
import { startSigningProxy } from '#server/testing/mcp/signing-proxy.ts';
import { createMcpRoutes } from './routes.ts';

const SUITE = fileURLToPath(
  new URL('../../../node_modules/@modelcontextprotocol/conformance/', import.meta.url),
);

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

interface Check {
  id: string;
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  errorMessage?: string;
}

/** What a revision of the protocol requires, as the suite has it written down: by scenario what was checked. */
async function runSuite(revision: string): Promise<{ scored: string[]; checks: Map<string, Check[]> }> {
  const out = join(folder, revision);
  const args = ['server', '--url', `${proxy.origin}/mcp`, '--requirements', revision, '-o', out];
  // It ends with an error for what is not scored too: its verdict is read from what it has written.
  await promisify(execFile)(process.execPath, [join(SUITE, 'dist/index.js'), ...args], {
    maxBuffer: 100_000_000,
  }).catch(() => undefined);
  const { server } = parse(await readFile(join(SUITE, `requirements/${revision}.yaml`), 'utf8'));
  const checks = new Map<string, Check[]>();
  for (const name of await readdir(out)) {
    const scenario = (server as string[]).find((one) => name.startsWith(`server-${one}-2`));
    if (!scenario) continue;
    checks.set(scenario, JSON.parse(await readFile(join(out, name, 'checks.json'), 'utf8')));
  }
  return { scored: server, checks };
}

describe.each(['2025-11-25', '2026-07-28'])('the official suite for %s', (revision) => {
  test('finds nothing wrong in any scenario that is scored', async () => {
    const { scored, checks } = await runSuite(revision);
    expect([...checks.keys()].sort()).toEqual([...scored].sort());
    const failures = [...checks].flatMap(([scenario, all]) =>
      all
        .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
        .map(({ id, errorMessage }) => `${scenario} ${id}: ${errorMessage}`),
    );
    expect(failures).toEqual([]);
    for (const [scenario, all] of checks)
      expect([scenario, all.some(({ status }) => status === 'SUCCESS')]).toEqual([scenario, true]);
  }, 300_000);
});
