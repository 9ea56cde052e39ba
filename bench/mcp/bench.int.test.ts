import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startGuardian } from '../guardian.ts';
import type { Leftovers } from '../pass.ts';
import { SMOKE_PLAN } from '../plan.ts';
import type { Result } from '../report.ts';
import { runGatewayBench } from './bench.ts';
import { runAgentsBench } from './load.ts';

/** In a folder of its own, from which nothing is left. */
async function run(bench: 'mcp' | 'agents', work: typeof runGatewayBench): Promise<Result[]> {
  const rootDir = await mkdtemp(join(tmpdir(), 'signalbox-bench-mcp-'));
  await chmod(rootDir, 0o755);
  const leftovers: Leftovers = {
    ...{ processes: new Set(), services: new Set(), rootDir, guardian: startGuardian(rootDir) },
  };
  try {
    const results = await work({
      ...{ benches: [bench], plan: SMOKE_PLAN, benchTimeoutMs: 120_000, leftovers },
      onResults: () => undefined,
    });
    expect(leftovers.processes.size + leftovers.services.size).toBe(0);
    for (const { subject, metric, values } of results) {
      for (const value of values) expect(value, `${subject} ${metric}`).toSatisfy(Number.isFinite);
    }
    return results;
  } finally {
    await rm(rootDir, { recursive: true, force: true });
  }
}

it('has figures of every shape, by turns with the bare server, and leaves no process', async () => {
  const results = await run('mcp', runGatewayBench);
  const subjects = [...new Set(results.map(({ subject }) => subject))];
  expect(subjects).toEqual([
    ...['usual', 'lean'].flatMap((bare) =>
      ['15 tools, 1', '15 tools, 32', '300 tools, 1', '300 tools, 32'].map(
        (shape) => `${bare} server, ${shape} callers`,
      ),
    ),
    '20 calls',
    ...['http', 'stdio'].map((kind) => `2 times connected and disconnected, ${kind}`),
    ...['another server killed', '4 connections'],
  ]);
  for (const { subject, metric, values } of results) {
    const wanted = subject.includes(' callers') ? SMOKE_PLAN.mcpRounds : 1;
    expect(values.length, `${subject} ${metric}`).toBe(wanted);
  }
  expect(results.find(({ metric }) => metric === 'sessions open at once')?.values).toEqual([4]);
  const childrenOf = (when: string) =>
    results.filter(({ metric }) => metric === `child processes, ${when}`).map(({ values }) => values);
  expect(childrenOf('after')).toHaveLength(3);
  expect(childrenOf('after')).toEqual(childrenOf('before'));
}, 600_000);

it('has agents share files and tools, and loses nothing that they were told is written', async () => {
  const results = await run('agents', runAgentsBench);
  const subjects = new Set(results.map(({ subject }) => subject));
  for (const count of SMOKE_PLAN.agentCounts) {
    const figure = (metric: string) =>
      results.find((one) => one.subject === `${count} agents` && one.metric === metric)?.values[0];
    expect(figure('all')).toBeGreaterThan(0);
    expect(figure('versions confirmed')).toBeGreaterThan(0);
    expect([figure('versions lost'), figure('errors')]).toEqual([0, 0]);
    expect(subjects).toContain(`${count} agents: file_read`);
    expect(figure('p99')).toBeGreaterThan(0);
  }
});
