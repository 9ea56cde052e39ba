import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Bench } from './benches.ts';
import { BENCHES } from './benches.ts';
import type { CatalogueEntry } from './catalogue.ts';
import { readCatalogue } from './catalogue.ts';
import { startGuardian } from './guardian.ts';
import type { Leftovers } from './pass.ts';
import { runSubject } from './pass.ts';
import { SMOKE_PLAN } from './plan.ts';
import type { Result } from './report.ts';
import type { SubjectDefinition } from './subject.ts';
import { subjects } from './testing/failing-subject.ts';

const FIGURES = [
  'startup first',
  'startup later',
  'chain throughput',
  'memory Node',
  'memory servers',
  'memory all',
  ...['run p50', 'run p99', 'hop p50', 'hop p99'].map((metric) => `hop ${metric}`),
  'start start p50',
  'start start p99',
  ...['hop p50', 'hop p99', 'start p50', 'start p99'].map((metric) => `rested ${metric}`),
  'fanout whole run',
];

const SOAKED = [
  'load',
  'heap after GC',
  'Node RSS',
  'database per finished run',
  'database in all',
  'oldest run in flight',
  'oldest message in a queue',
  'servers',
].flatMap((name) => ['first half', 'second half', 'slope'].map((part) => `soak ${name}: ${part}`));

describe('a pass with the smallest plan', () => {
  let leftovers: Leftovers;
  let results: Result[];

  beforeEach(async () => {
    const rootDir = await mkdtemp(join(tmpdir(), 'signalbox-bench-smoke-'));
    await chmod(rootDir, 0o755);
    leftovers = { processes: new Set(), services: new Set(), rootDir, guardian: startGuardian(rootDir) };
    results = [];
  });

  afterEach(async () => {
    for (const child of leftovers.processes) child.kill('SIGKILL');
    await Promise.allSettled([...leftovers.services].map((set) => set.stop()));
    await rm(leftovers.rootDir, { recursive: true, force: true });
  });

  async function find(name: string): Promise<CatalogueEntry> {
    const entry = (await readCatalogue()).find(({ definition }) => definition.name === name);
    if (!entry) throw new Error(`no subject ${name}`);
    return entry;
  }

  function run(entry: CatalogueEntry, benches: readonly Bench[] = BENCHES) {
    return runSubject(entry, {
      benches,
      plan: SMOKE_PLAN,
      benchTimeoutMs: 120_000,
      leftovers,
      onResults: (found) => results.push(...found),
    });
  }

  function expectFigures(expected: string[]): void {
    expect(results.map(({ bench, metric }) => `${bench} ${metric}`).toSorted()).toEqual(expected.toSorted());
    for (const { metric, values } of results) {
      expect(values.length, metric).toBeGreaterThan(0);
      for (const value of values) expect(value, metric).toSatisfy(Number.isFinite);
    }
  }

  it('has every figure of two coordinators that call their agents, and the raw cost of a commit', async () => {
    const record = await run(await find('signalbox-two'));
    expect(record.error).toBeUndefined();
    expectFigures([...FIGURES, ...SOAKED]);
    expect(record.rawCosts.map(({ kind }) => kind)).toEqual(['postgres', 'postgres']);
    expect(results[0]?.setting).toMatch(/fsync on, synchronous_commit on/);
  });

  it('has every figure of two coordinators over RabbitMQ and Redis, and the raw costs of all three', async () => {
    const record = await run(await find('signalbox-rabbitmq-two'));
    expect(record.error).toBeUndefined();
    expectFigures([...FIGURES, ...SOAKED]);
    expect(new Set(record.rawCosts.map(({ kind }) => kind))).toEqual(
      new Set(['postgres', 'rabbitmq', 'redis']),
    );
    expect(results[0]?.setting).toMatch(/publisher confirms on/);
  });

  it('tells clients live what the engine does, and how long that took', async () => {
    const record = await run(await find('signalbox'), ['live']);
    expect(record.error).toBeUndefined();
    expectFigures(
      [
        ...['nobody listens', '5 clients listen to other runs'].flatMap((who) => [
          ...['untold', 'told'].map((how) => `${how}, ${who}`),
          ...['speed', 'CPU of a stage'].map((what) => `${what}, told / untold, ${who}`),
        ]),
        'meanwhile',
        'events at clients',
        ...['p50', 'p95', 'p99'].map((part) => `event at a client ${part}`),
      ].map((metric) => `live ${metric}`),
    );
  });

  it('keeps what was measured before an engine failed, says why, and leaves no process behind', async () => {
    const [definition] = subjects as [SubjectDefinition];
    const file = join(import.meta.dirname, 'testing/failing-subject.ts');
    const record = await run({ file, definition, isPeer: false }, ['chain', 'fanout']);
    expect(results.map(({ bench }) => bench)).toEqual(['chain']);
    expect(record.error).toMatch(/the fan-out is broken on purpose/);
    expect(leftovers.processes.size + leftovers.services.size).toBe(0);
  });
});
