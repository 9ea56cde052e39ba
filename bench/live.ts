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
  /** Runs of a lap at top speed, and laps. */
  runs: number;
  repeats: number;
  /** Runs so many and says how long that took. */
  lap(runs: number): Promise<number>;
  /** Housekeeping before a lap at top speed. */
  settle(): Promise<void>;
}

interface LiveMeasurement {
  metric: string;
  unit: string;
  values: number[];
}

const SLOT_MS = 100;
const PROBE_EVERY_MS = 1000;

/**
 * What telling costs the engine, laps with and without in turn so that both see the same machine; then how soon an
 * event is with all clients while the engine runs at half of the speed that it had with them connected.
 */
export async function measureLive(bench: LiveBench): Promise<LiveMeasurement[]> {
  const { live, clients, repeats } = bench;
  const untold: number[] = [];
  const unheard: number[] = [];
  const heard: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    live.announce(false);
    untold.push(await topSpeed(bench));
    live.announce(true);
    unheard.push(await topSpeed(bench));
  }
  const listeners = await live.listen(clients);
  try {
    for (let repeat = 0; repeat < repeats; repeat += 1) heard.push(await topSpeed(bench));
    await listeners.takeDelays();
    const half = median(heard) / 2;
    const [reached, delays] = await Promise.all([
      runAt(half, bench),
      probeFor(bench).then(() => listeners.takeDelays()),
    ]);
    return [
      { metric: 'nothing told', unit: 'stages/s', values: untold },
      { metric: 'told, nobody listens', unit: 'stages/s', values: unheard },
      { metric: `told, ${clients} clients listen to other runs`, unit: 'stages/s', values: heard },
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

async function topSpeed({ lap, settle, runs, stages }: LiveBench): Promise<number> {
  await settle();
  return (runs * stages) / ((await lap(runs)) / 1000);
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

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
