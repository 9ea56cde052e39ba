import { setTimeout as sleep } from 'node:timers/promises';
import { measureApi } from './api.ts';
import { measureGrowth } from './growth.ts';
import { measureLive } from './live.ts';
import type { BenchContext, Measurement } from './plan.ts';
import { measureSoak } from './soak.ts';
import { percentile } from './statistics.ts';
import { readClockMs, STAGES } from './workload.ts';

/** Benches that run inside the subject's process; start-up and memory are seen from outside. */
export const INNER_BENCHES = {
  chain: measureChain,
  hop: measureHop,
  start: measureStart,
  rested: measureRested,
  fanout: measureFanOut,
  live: measureLiveSide,
  growth: measureGrowth,
  api: measureApi,
  soak: measureSoak,
} as const satisfies Record<string, (context: BenchContext) => Promise<Measurement[]>>;

export type InnerBench = keyof typeof INNER_BENCHES;
export const BENCHES = [
  'chain',
  'hop',
  'start',
  'rested',
  'fanout',
  'startup',
  'memory',
  'growth',
  'api',
  'live',
  'mcp',
  'agents',
  'finding',
  'soak',
] as const;
/** Benches of what no engine has: no subject is started for them. */
export const BENCHES_WITHOUT_SUBJECTS: readonly Bench[] = ['mcp', 'agents', 'finding'];
/** The soak takes longer than all the others, only ours tells live events or has a gateway and workspaces: they run when they are named. */
export const USUAL_BENCHES = BENCHES.filter(
  (bench) => !['soak', 'live', ...BENCHES_WITHOUT_SUBJECTS].includes(bench),
);
export type Bench = (typeof BENCHES)[number];

export const BENCH_TITLES: Record<Bench, string> = {
  chain: 'chain: runs of 5 no-op stages, all submitted at once',
  hop: 'hop: one run of 5 no-op stages in flight; a hop is a fifth of the run',
  start: 'start: submit on an idle engine until the first stage begins',
  rested: 'rested: hop and start when nothing at all was done for 5 to 15 ms before each run',
  fanout: 'fanout: 1 -> 1,000 -> 1, until the result is back',
  startup: 'startup: engine process started until it takes work; its servers are running already',
  memory: 'memory: after the chain; shared pages counted in proportion',
  mcp: 'mcp: calls of tools, to a bare MCP server directly and through the gateway by turns',
  agents:
    'agents: 2, 16 and 64 agents over MCP, on shared files and tools of others, within the usual limits',
  finding:
    'finding: what tools cost a model in tokens, all listed and found by search, and whether they are found',
  live: 'live: events to many clients while the engine runs at half speed, and what telling them costs it',
  growth: 'growth: the same work on a full and on an empty database of one server, by turns',
  api: 'api: calls of one process over HTTP, one at a time and many at once, on a database with a long history',
  soak: 'soak: steady load at half the top speed; medians of both halves and the slope',
};

async function runChainLap({ subject, work }: BenchContext, runs: number): Promise<number> {
  const inputs = work.beginLap(runs);
  const startedAt = readClockMs();
  const outputs = await subject.runChains(inputs, STAGES);
  const tookMs = readClockMs() - startedAt;
  await subject.gather?.();
  work.checkChains(outputs, STAGES);
  return tookMs;
}

async function measureChain(context: BenchContext): Promise<Measurement[]> {
  const { chainRuns, chainRepeats, warmUpMs } = context.plan;
  await warmUp(warmUpMs, () => runChainLap(context, Math.min(chainRuns, 1000)));
  const values: number[] = [];
  for (let repeat = 0; repeat < chainRepeats; repeat++) {
    await context.subject.settle?.();
    const tookMs = await runChainLap(context, chainRuns);
    values.push((chainRuns * STAGES) / (tookMs / 1000));
  }
  return [{ metric: 'throughput', unit: 'stages/s', values }];
}

async function measureHop(context: BenchContext): Promise<Measurement[]> {
  const laps = await sampleSingleRuns(context, pauseBetween);
  return [...summarise(laps, 'run', ({ runMs }) => runMs), ...summariseHops(laps)];
}

async function measureStart(context: BenchContext): Promise<Measurement[]> {
  return summariseStarts(await sampleSingleRuns(context, pauseBetween));
}

async function measureRested(context: BenchContext): Promise<Measurement[]> {
  const laps = await sampleSingleRuns(context, pauseToRest);
  return [...summariseHops(laps), ...summariseStarts(laps)];
}

const summariseHops = (laps: RunTimes[][]) => summarise(laps, 'hop', ({ runMs }) => runMs / STAGES);
const summariseStarts = (laps: RunTimes[][]) => summarise(laps, 'start', ({ startMs }) => startMs);

function summarise(laps: RunTimes[][], name: string, pick: (times: RunTimes) => number): Measurement[] {
  return [0.5, 0.99].map((share) => ({
    metric: `${name} p${share * 100}`,
    unit: 'ms',
    values: laps.map((samples) => percentile(samples.map(pick), share)),
  }));
}

interface RunTimes {
  runMs: number;
  startMs: number;
}

/** Of uneven length, so that our rhythm does not fall in with that of a polling loop. */
const pauseBetween = (sample: number): number => 1 + ((sample * 7) % 3);
/** Long enough for processes to be put aside and for caches to fill with something else. */
const pauseToRest = (sample: number): number => 5 + ((sample * 7) % 11);

async function sampleSingleRuns(
  context: BenchContext,
  pauseMs: (sample: number) => number,
): Promise<RunTimes[][]> {
  const { latencyRuns, latencyRepeats, warmUpMs } = context.plan;
  await context.subject.settle?.();
  await warmUp(warmUpMs / 2, () => timeSingleRun(context));
  const laps: RunTimes[][] = [];
  for (let repeat = 0; repeat < latencyRepeats; repeat++) {
    const samples: RunTimes[] = [];
    for (let sample = 0; sample < latencyRuns; sample++) {
      await sleep(pauseMs(sample));
      samples.push(await timeSingleRun(context));
    }
    laps.push(samples);
  }
  return laps;
}

async function timeSingleRun({ subject, work }: BenchContext): Promise<RunTimes> {
  const inputs = work.beginLap(1);
  const submittedAt = readClockMs();
  const outputs = await subject.runChains(inputs, STAGES);
  const runMs = readClockMs() - submittedAt;
  await subject.gather?.();
  work.checkChains(outputs, STAGES);
  return { runMs, startMs: (outputs[0]?.startedAtMs ?? Number.NaN) - submittedAt };
}

async function measureFanOut(context: BenchContext): Promise<Measurement[]> {
  const { fanOutRepeats, warmUpMs } = context.plan;
  await warmUp(warmUpMs / 2, () => timeFanOut(context));
  const values: number[] = [];
  for (let repeat = 0; repeat < fanOutRepeats; repeat++) {
    await context.subject.settle?.();
    values.push(await timeFanOut(context));
  }
  return [{ metric: 'whole run', unit: 'ms', values }];
}

/** Of engines that tell live events; nothing of others. */
async function measureLiveSide(context: BenchContext): Promise<Measurement[]> {
  const { chainRuns, liveClients, liveMs, liveRounds, warmUpMs } = context.plan;
  const { live } = context.subject;
  if (!live) return [];
  await warmUp(warmUpMs, () => runChainLap(context, Math.min(chainRuns, 1000)));
  return measureLive({
    ...{ live, stages: STAGES, clients: liveClients, forMs: liveMs },
    runs: Math.min(chainRuns, 1000),
    rounds: liveRounds,
    lap: (runs) => runChainLap(context, runs),
  });
}

async function timeFanOut({ subject, work, plan }: BenchContext): Promise<number> {
  const [input] = work.beginLap(1);
  if (!input) throw new Error('A lap of one run has no input.');
  const startedAt = readClockMs();
  const output = await subject.fanOut(input, plan.fanOutWidth);
  const tookMs = readClockMs() - startedAt;
  await subject.gather?.();
  work.checkFanOut(output, plan.fanOutWidth);
  return tookMs;
}

async function warmUp(forMs: number, act: () => Promise<unknown>): Promise<void> {
  const until = readClockMs() + forMs;
  do await act();
  while (readClockMs() < until);
}
