import type { BenchContext, Measurement } from './plan.ts';
import { percentile } from './statistics.ts';
import type { Subject } from './subject.ts';
import { readClockMs, STAGES } from './workload.ts';

const CHAIN_RUNS = 1000;
const HOPS = 20;
/** Pages, plans and pools of both come to rest before anything counts. */
const WARM_UP_ROUNDS = 3;

/** Each figure of one round; how to tell which is better is the reader's. */
const UNITS = { throughput: 'stages/s', 'hop p50': 'ms', 'fan-out': 'ms' } as const;
type Figures = Record<keyof typeof UNITS, number>;

/**
 * The same engine on a full and on an empty database of the same server, turn and turn about within seconds. What else
 * the machine does hits both alike, so the ratio of a round means something where two passes would not.
 */
export async function measureGrowth(context: BenchContext): Promise<Measurement[]> {
  if (!context.subject.startBeside) return [];
  const empty = { ...context, subject: await context.subject.startBeside() };
  try {
    const rounds: { full: Figures; empty: Figures }[] = [];
    for (let round = 0; round < WARM_UP_ROUNDS + context.plan.growthRounds; round++) {
      rounds.push(await measureRound(context, empty, round % 2 === 0));
    }
    return toMeasurements(rounds.slice(WARM_UP_ROUNDS));
  } finally {
    await empty.subject.stop();
  }
}

async function measureRound(full: BenchContext, empty: BenchContext, isFullFirst: boolean) {
  const order = isFullFirst ? [full, empty] : [empty, full];
  const figures = new Map(order.map((one) => [one, {} as Figures]));
  for (const [name, measure] of Object.entries(MEASURES) as [keyof Figures, (typeof MEASURES)['fan-out']][]) {
    for (const one of order) (figures.get(one) as Figures)[name] = await measure(one);
  }
  return { full: figures.get(full) as Figures, empty: figures.get(empty) as Figures };
}

const MEASURES: Record<keyof Figures, (context: BenchContext) => Promise<number>> = {
  async throughput(context) {
    const runs = Math.min(CHAIN_RUNS, context.plan.chainRuns);
    return (runs * STAGES) / ((await timeChains(context, runs)) / 1000);
  },
  async 'hop p50'(context) {
    const samples: number[] = [];
    const count = Math.min(HOPS, context.plan.latencyRuns);
    while (samples.length < count) samples.push((await timeChains(context, 1)) / STAGES);
    return percentile(samples, 0.5);
  },
  async 'fan-out'({ subject, work, plan }) {
    const [input] = work.beginLap(1);
    if (!input) throw new Error('A lap of one run has no input.');
    const startedAt = readClockMs();
    const output = await subject.fanOut(input, plan.fanOutWidth);
    const tookMs = readClockMs() - startedAt;
    work.checkFanOut(output, plan.fanOutWidth);
    return tookMs;
  },
};

async function timeChains({ subject, work }: { subject: Subject } & BenchContext, runs: number) {
  const inputs = work.beginLap(runs);
  const startedAt = readClockMs();
  const outputs = await subject.runChains(inputs, STAGES);
  const tookMs = readClockMs() - startedAt;
  work.checkChains(outputs, STAGES);
  return tookMs;
}

function toMeasurements(rounds: readonly { full: Figures; empty: Figures }[]): Measurement[] {
  return (Object.keys(UNITS) as (keyof Figures)[]).flatMap((name) => [
    { metric: `${name}, full`, unit: UNITS[name], values: rounds.map(({ full }) => full[name]) },
    { metric: `${name}, empty`, unit: UNITS[name], values: rounds.map(({ empty }) => empty[name]) },
    {
      metric: `${name}, full / empty`,
      unit: 'ratio',
      values: rounds.map(({ full, empty }) => full[name] / empty[name]),
    },
  ]);
}
