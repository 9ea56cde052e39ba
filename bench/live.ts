import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from './statistics.ts';
import type { LiveSide } from './subject.ts';
import { readClockMs } from './workload.ts';

export interface LiveBench {
  live: LiveSide;
  stages: number;
  clients: number;
  /** How long the engine runs at half speed before the clients. */
  forMs: number;
  /** Runs of a lap at top speed, and rounds of two laps. */
  runs: number;
  rounds: number;
  /** Runs so many and says how long that took. */
  lap(runs: number): Promise<number>;
}

interface LiveMeasurement {
  metric: string;
  unit: string;
  values: number[];
}

const SLOT_MS = 100;
const PROBE_EVERY_MS = 1000;
/** Plans, pools and pages come to rest before anything counts. */
const WARM_UP_ROUNDS = 1;

/**
 * What telling costs the engine: short laps with and without it by turns, so that what else the machine does hits both
 * alike. First nobody listens, then all clients do. At last how soon an event is with all of them while the engine runs
 * at half of the speed that it had.
 */
export async function measureLive(bench: LiveBench): Promise<LiveMeasurement[]> {
  const { live, clients } = bench;
  const unheard = await measureTelling(bench);
  const listeners = await live.listen(clients);
  try {
    const heard = await measureTelling(bench);
    await listeners.takeDelays();
    const half =
      percentile(
        heard.map(({ told }) => told.perSecond),
        0.5,
      ) / 2;
    const [reached, delays] = await Promise.all([
      runAt(half, bench),
      probeFor(bench).then(() => listeners.takeDelays()),
    ]);
    return [
      ...toMeasurements('nobody listens', unheard),
      ...toMeasurements(`${clients} clients listen to other runs`, heard),
      { metric: 'meanwhile', unit: 'stages/s', values: [reached] },
      { metric: 'events at clients', unit: 'deliveries', values: [delays.length] },
      { metric: 'event at a client p50', unit: 'ms', values: [percentile(delays, 0.5)] },
      { metric: 'event at a client p95', unit: 'ms', values: [percentile(delays, 0.95)] },
      { metric: 'event at a client p99', unit: 'ms', values: [percentile(delays, 0.99)] },
    ];
  } finally {
    await listeners.stop();
  }
}

interface Lap {
  perSecond: number;
  /** Of this process for a stage: the engine with all that it does, and the doors where they are in it. */
  cpuMs: number;
}
interface Round {
  told: Lap;
  untold: Lap;
}

async function measureTelling(bench: LiveBench): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + bench.rounds; round += 1) {
    const isToldFirst = round % 2 === 0;
    const first = await measureLap(bench, isToldFirst);
    const second = await measureLap(bench, !isToldFirst);
    rounds.push(isToldFirst ? { told: first, untold: second } : { told: second, untold: first });
  }
  return rounds.slice(WARM_UP_ROUNDS);
}

async function measureLap({ live, lap, runs, stages }: LiveBench, isTold: boolean): Promise<Lap> {
  live.announce(isTold);
  const before = process.cpuUsage();
  const tookMs = await lap(runs);
  const { user, system } = process.cpuUsage(before);
  live.announce(true);
  return { perSecond: (runs * stages) / (tookMs / 1000), cpuMs: (user + system) / 1000 / (runs * stages) };
}

function toMeasurements(who: string, rounds: readonly Round[]): LiveMeasurement[] {
  const values = (read: (round: Round) => number) => rounds.map(read);
  return [
    { metric: `untold, ${who}`, unit: 'stages/s', values: values(({ untold }) => untold.perSecond) },
    { metric: `told, ${who}`, unit: 'stages/s', values: values(({ told }) => told.perSecond) },
    {
      metric: `speed, told / untold, ${who}`,
      unit: 'ratio',
      values: values(({ told, untold }) => told.perSecond / untold.perSecond),
    },
    {
      metric: `CPU of a stage, told / untold, ${who}`,
      unit: 'ratio',
      values: values(({ told, untold }) => told.cpuMs / untold.cpuMs),
    },
  ];
}

/** Small laps, one each slot. Says what speed came of it: laps that take longer than their slot make it less. */
async function runAt(perSecond: number, { lap, stages, forMs }: LiveBench): Promise<number> {
  const runs = Math.max(1, Math.round((perSecond * SLOT_MS) / 1000 / stages));
  const startedAt = readClockMs();
  let done = 0;
  for (let slot = 1; readClockMs() - startedAt < forMs; slot += 1) {
    await lap(runs);
    done += runs;
    const left = startedAt + slot * SLOT_MS - readClockMs();
    if (left > 0) await sleep(left);
  }
  return (done * stages) / ((readClockMs() - startedAt) / 1000);
}

async function probeFor({ live, forMs }: LiveBench): Promise<void> {
  const until = readClockMs() + forMs;
  while (readClockMs() < until) {
    await live.probe();
    await sleep(PROBE_EVERY_MS);
  }
}
