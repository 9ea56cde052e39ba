import { describe, expect, it } from 'vitest';
import type { Compared } from './comparison.ts';
import { floorMsOf, markOf, noiseOf, ratioOf, renderComparison, renderRawCosts } from './comparison.ts';
import type { RawCost } from './raw-cost.ts';
import type { Result } from './report.ts';

const commit = (p50Ms: number): RawCost => ({ kind: 'postgres', p50Ms });

function subject(name: string, given: Partial<Compared> & { spinsMs?: number[]; variantOf?: string } = {}) {
  const { spinsMs = [100, 100], variantOf, ...more } = given;
  const record: Compared = {
    definition: {
      ...{ name, setting: '', durability: '', services: [], packages: [] },
      ...(variantOf !== undefined && { variantOf }),
      create: () => Promise.reject(new Error('not made here')),
    },
    probes: spinsMs.map((spinMs) => ({ spinMs, flushesPerSecond: 1000, busyCores: 0 })),
    ...{ rawCosts: [], versions: '', isPeer: false },
    ...more,
  };
  return record;
}

function figure(name: string, values: number[], about: Partial<Result> = {}): Result {
  const chain: Omit<Result, 'subject' | 'values'> = {
    ...{ bench: 'chain', metric: 'throughput', unit: 'stages/s', setting: '' },
  };
  return { ...chain, ...about, subject: name, values };
}
const hop = { bench: 'hop', metric: 'hop p50', unit: 'ms' } as const;

describe('ratioOf', () => {
  it('divides medians, and gives the widest range that the repeats allow', () => {
    expect(ratioOf([10, 20, 40], [5, 10, 20])).toEqual({ median: 2, low: 0.5, high: 8 });
  });
});

describe('markOf', () => {
  const clear = { median: 2, low: 1.8, high: 2.2 };

  it('knows for which metrics more is better', () => {
    expect(markOf(clear, 'higher', 1)).toBe('+');
    expect(markOf(clear, 'lower', 1)).toBe('-');
    expect(markOf({ median: 0.5, low: 0.4, high: 0.6 }, 'lower', 1)).toBe('+');
  });

  it('calls nothing better whose repeats overlap', () => {
    expect(markOf({ median: 2, low: 0.9, high: 3 }, 'higher', 1)).toBe('~');
  });

  it('calls nothing better or worse within the noise of the machine', () => {
    expect(markOf(clear, 'higher', 2.5)).toBe('~');
    expect(markOf({ median: 0.5, low: 0.4, high: 0.6 }, 'lower', 2.5)).toBe('~');
  });
});

describe('noiseOf', () => {
  it('is the greater spread of fixed work and of a commit, over all subjects', () => {
    const calm = subject('a', { spinsMs: [100, 120], rawCosts: [commit(0.2), commit(0.2)] });
    expect(noiseOf([calm])).toBeCloseTo(1.2);
    expect(noiseOf([calm, subject('b', { rawCosts: [commit(0.5)] })])).toBeCloseTo(2.5);
  });

  it('does not take the costs of different persistence in Redis for noise', () => {
    const redis = (p50Ms: number) => subject('a', { rawCosts: [{ kind: 'redis', p50Ms }] });
    expect(noiseOf([redis(0.1), redis(1)])).toBe(1);
  });
});

describe('renderComparison', () => {
  const ours = subject('ours');
  const peer = subject('peer', { isPeer: true });

  it('has a row for each metric of ours and a column for each peer, with a gap where one was not measured', () => {
    const other = subject('other', { isPeer: true });
    const results = [figure('ours', [300]), figure('peer', [100]), figure('ours', [4], hop)];
    const table = renderComparison(results, [ours, peer, other]);
    expect(table).toMatch(/\| throughput \| ours +\| 3\.00 \+ +\| – +\|/);
    expect(table).toMatch(/\| hop p50 +\| ours +\| – +\| – +\|/);
    expect(table).not.toMatch(/fan-out/);
  });

  it('gives the range when there are repeats', () => {
    const results = [figure('ours', [300, 330]), figure('peer', [100, 110])];
    expect(renderComparison(results, [ours, peer])).toContain('3.00 + (2.73–3.30)');
  });

  it('holds the noise against times, and not against memory', () => {
    const busy = [subject('ours', { spinsMs: [100, 900] }), subject('peer', { isPeer: true })];
    const memory = { bench: 'memory', metric: 'all', unit: 'MiB' } as const;
    const both = (values: number[], about?: Partial<Result>) => [
      figure('ours', values, about),
      figure('peer', [100], about),
    ];
    const table = renderComparison([...both([300]), ...both([300], memory)], busy);
    expect(table).toMatch(/\| throughput \| ours +\| 3\.00 ~ +\|/);
    expect(table).toMatch(/\| memory +\| ours +\| 3\.00 - +\|/);
  });

  it('sets a variant beside what it is a variant of', () => {
    const two = subject('two', { variantOf: 'ours' });
    const table = renderComparison([figure('ours', [100]), figure('two', [50])], [ours, two]);
    expect(table).toMatch(/\| two \/ ours \| 0\.50 - +\|/);
  });

  it('is empty when there is nothing to compare', () => {
    expect(renderComparison([figure('ours', [100])], [ours])).toBe('');
  });
});

describe('the raw cost', () => {
  it('of a stage is a commit, and with a broker two deliveries more', () => {
    const broker: RawCost = { kind: 'rabbitmq', p50Ms: 0.1 };
    const redis: RawCost = { kind: 'redis', p50Ms: 0.05 };
    expect(floorMsOf(subject('a', { rawCosts: [commit(0.2), commit(0.4)] }))).toBeCloseTo(0.3);
    expect(floorMsOf(subject('a', { rawCosts: [commit(0.2), broker, redis] }))).toBeCloseTo(0.4);
    expect(floorMsOf(subject('a', { rawCosts: [redis] }))).toBeCloseTo(0.05);
    expect(floorMsOf(subject('a'))).toBeUndefined();
  });

  it('turns latencies into multiples of it, and throughput into stages in its time', () => {
    const one = subject('one', { rawCosts: [commit(0.5), commit(0.5)] });
    const table = renderRawCosts([figure('one', [10_000]), figure('one', [1.5], hop)], [one]);
    expect(table).toMatch(/\| one +\| 0\.50 → 0\.50 .*\| 5\.00 +\| 3\.00 +\|/);
  });
});
