import { setTimeout as sleep } from 'node:timers/promises';
import { connectDatabase } from '#db/client.ts';
import { readProcessMemory } from './memory.ts';
import type { BenchContext, Measurement } from './plan.ts';
import type { Sample } from './series.ts';
import { toSeriesMeasurements } from './series.ts';
import { percentile } from './statistics.ts';
import { readClockMs, STAGES } from './workload.ts';

/** Of the top speed that was measured just before. */
const LOAD_SHARE = 0.5;
const TICK_MS = 10;
const LOOK_MS = 1000;
const MIB_PER_BYTE = 1 / 2 ** 20;

const UNITS = {
  load: 'stages/s',
  'heap after GC': 'MiB',
  'Node RSS': 'MiB',
  'database per finished run': 'bytes',
  'database in all': 'MiB',
  'oldest run in flight': 'ms',
  'oldest message in a queue': 'ms',
} as const;

type Reading = Partial<Record<keyof typeof UNITS, number>>;

/**
 * A steady load at half the top speed, in laps: each is checked like any other, and in the short rest after it the
 * harness holds nothing, so that what memory there is belongs to the engine.
 */
export async function measureSoak(context: BenchContext): Promise<Measurement[]> {
  const { soakMs, soakLapMs } = context.plan;
  const database = await openSizeReader(context.databaseUrl);
  try {
    const runsPerSecond = Math.max(1, (LOAD_SHARE * (await findTopSpeed(context))) / STAGES);
    const order = {
      runs: Math.max(1, Math.round((runsPerSecond * soakLapMs) / 1000)),
      durationMs: soakLapMs,
    };
    // The first laps fill caches and pools.
    const startedAt = readClockMs();
    while (readClockMs() - startedAt < soakMs / 10) await runPacedLap(context, order);

    const readings: { atMs: number; reading: Reading }[] = [];
    const measuredFrom = readClockMs();
    let bytes = await database.read();
    while (readings.length < 4 || readClockMs() - measuredFrom < soakMs) {
      const lap = await runPacedLap(context, order);
      const bytesNow = await database.read();
      const size = {
        'database per finished run': (bytesNow - bytes) / order.runs,
        'database in all': bytesNow * MIB_PER_BYTE,
      };
      const reading = { ...lap, ...(await readMemory(context)), ...(context.databaseUrl ? size : {}) };
      bytes = bytesNow;
      readings.push({ atMs: readClockMs(), reading });
    }
    return toMeasurements(readings);
  } finally {
    await database.close();
  }
}

function toMeasurements(readings: readonly { atMs: number; reading: Reading }[]): Measurement[] {
  const names = Object.keys(UNITS) as (keyof typeof UNITS)[];
  return names.flatMap((name) => {
    const samples = readings.flatMap(({ atMs, reading }): Sample[] => {
      const value = reading[name];
      return value === undefined ? [] : [{ atMs, value }];
    });
    return samples.length === 0 ? [] : toSeriesMeasurements(name, UNITS[name], samples);
  });
}

async function findTopSpeed({ subject, work, plan }: BenchContext): Promise<number> {
  const runs = Math.min(plan.chainRuns, 2000);
  const speeds: number[] = [];
  // The first one warms up.
  for (let lap = 0; lap < 4; lap++) {
    const inputs = work.beginLap(runs);
    const startedAt = readClockMs();
    const outputs = await subject.runChains(inputs, STAGES);
    speeds.push((runs * STAGES) / ((readClockMs() - startedAt) / 1000));
    await subject.gather?.();
    work.checkChains(outputs, STAGES);
  }
  return percentile(speeds.slice(1), 0.5);
}

interface LapOrder {
  runs: number;
  durationMs: number;
}

async function runPacedLap({ subject, work }: BenchContext, order: LapOrder): Promise<Reading> {
  const { runs, durationMs } = order;
  const inputs = work.beginLap(runs);
  const startedAt = readClockMs();
  const queues = watchQueues(subject.readQueueAgeMs, Math.min(LOOK_MS, durationMs / 3));
  const parts: Promise<{ outputs: Awaited<ReturnType<typeof subject.runChains>>; tookMs: number }>[] = [];
  const submit = async (from: number, to: number) => {
    const submittedAt = readClockMs();
    const outputs = await subject.runChains(inputs.slice(from, to), STAGES);
    return { outputs, tookMs: readClockMs() - submittedAt };
  };
  for (let submitted = 0; submitted < runs; ) {
    const due = Math.min(runs, Math.ceil(((readClockMs() - startedAt) / durationMs) * runs));
    if (due > submitted) parts.push(submit(submitted, due));
    submitted = Math.max(submitted, due);
    await sleep(TICK_MS);
  }
  const done = await Promise.all(parts);
  const tookMs = readClockMs() - startedAt;
  const queueAgeMs = await queues.stop();
  await subject.gather?.();
  work.checkChains(
    done.flatMap(({ outputs }) => outputs),
    STAGES,
  );
  return {
    load: (runs * STAGES) / (tookMs / 1000),
    'oldest run in flight': Math.max(...done.map((part) => part.tookMs)),
    ...(subject.readQueueAgeMs && { 'oldest message in a queue': queueAgeMs }),
  };
}

/** The greatest age that was seen. */
function watchQueues(readAgeMs: (() => Promise<number>) | undefined, everyMs: number) {
  let oldestMs = 0;
  const ending = new AbortController();
  const watching = (async () => {
    while (readAgeMs && !ending.signal.aborted) {
      await sleep(everyMs, undefined, { signal: ending.signal }).catch(() => undefined);
      if (!ending.signal.aborted) oldestMs = Math.max(oldestMs, await readAgeMs());
    }
  })();
  return {
    async stop(): Promise<number> {
      ending.abort();
      await watching;
      return oldestMs;
    },
  };
}

async function readMemory({ subject }: BenchContext): Promise<Reading> {
  const [own, other] = [readProcessMemory(), await subject.readOtherMemory?.()];
  return {
    'heap after GC': own.heapMib + (other?.heapMib ?? 0),
    'Node RSS': own.rssMib + (other?.rssMib ?? 0),
  };
}

/** Tables and indexes of the subject's database, without the server's log. */
async function openSizeReader(url: string | undefined) {
  if (url === undefined) return { read: async () => 0, close: async () => {} };
  const sql = connectDatabase({ url, applicationName: 'bench', max: 1 });
  return {
    async read(): Promise<number> {
      const [row] = await sql<{ bytes: number }[]>`
        SELECT pg_database_size(current_database())::float8 AS bytes`;
      return row?.bytes ?? 0;
    },
    close: () => sql.end(),
  };
}
