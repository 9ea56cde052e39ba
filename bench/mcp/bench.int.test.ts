import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startGuardian } from '../guardian.ts';
import type { Leftovers } from '../pass.ts';
import { SMOKE_PLAN } from '../plan.ts';
import { runGatewayBench } from './bench.ts';

it('has figures of every shape, by turns with the bare server, and leaves no process', async () => {
  const rootDir = await mkdtemp(join(tmpdir(), 'signalbox-bench-mcp-'));
  await chmod(rootDir, 0o755);
  const leftovers: Leftovers = {
    ...{ processes: new Set(), services: new Set(), rootDir, guardian: startGuardian(rootDir) },
  };
  try {
    const results = await runGatewayBench({
      ...{ benches: ['mcp'], plan: SMOKE_PLAN, benchTimeoutMs: 120_000, leftovers },
      onResults: () => undefined,
    });
    const subjects = [...new Set(results.map(({ subject }) => subject))];
    expect(subjects).toEqual([
      ...['15 tools, 1 callers', '15 tools, 32 callers', '300 tools, 1 callers', '300 tools, 32 callers'],
      '20 calls',
      ...['http', 'stdio'].map((kind) => `2 times connected and disconnected, ${kind}`),
      ...['another server killed', '4 connections'],
    ]);
    for (const { subject, metric, values } of results) {
      expect(values.length, `${subject} ${metric}`).toBe(
        subject.includes(' callers') ? SMOKE_PLAN.mcpRounds : 1,
      );
      for (const value of values) expect(value, `${subject} ${metric}`).toSatisfy(Number.isFinite);
    }
    expect(results.find(({ metric }) => metric === 'sessions open at once')?.values).toEqual([4]);
    const childrenOf = (when: string) =>
      results.filter(({ metric }) => metric === `child processes, ${when}`).map(({ values }) => values);
    expect(childrenOf('after')).toHaveLength(3);
    expect(childrenOf('after')).toEqual(childrenOf('before'));
    expect(leftovers.processes.size + leftovers.services.size).toBe(0);
  } finally {
    await rm(rootDir, { recursive: true, force: true });
  }
}, 600_000);
