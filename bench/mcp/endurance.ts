import type { Measurement, Plan } from '../plan.ts';
import { percentile } from '../statistics.ts';
import { openCallers, type Place } from './callers.ts';
import type { Look } from './messages.ts';
import type { McpWorld } from './world.ts';

export interface Endured {
  subject: string;
  measurements: Measurement[];
}

const CALLERS = 32;
const LAPS = 10;

/** What is held before and after: equal figures say that nothing is left behind. */
const held = (before: Look, after: Look): Measurement[] =>
  (
    [
      ['heap after GC', 'MiB', 'heapMib'],
      ['RSS', 'MiB', 'rssMib'],
      ['RSS without empty pages of V8', 'MiB', 'leanRssMib'],
      ['open files and sockets', 'of the process', 'files'],
      ['connections to the database', 'of the process', 'databaseConnections'],
      ['child processes', 'of the process', 'children'],
      ['folders of programs', 'on disk', 'folders'],
    ] as const
  ).flatMap(([metric, unit, key]) => [
    { metric: `${metric}, before`, unit, values: [before[key] ?? Number.NaN] },
    { metric: `${metric}, after`, unit, values: [after[key] ?? Number.NaN] },
  ]);

/** Many calls: what the process holds after a tenth of them and after all. */
export async function endureCalls(world: McpWorld, place: Place, plan: Plan): Promise<Endured> {
  const callers = await openCallers(place, { clients: CALLERS, tools: 15 });
  try {
    const lap = Math.ceil(plan.mcpEnduredCalls / LAPS);
    await callers.lap(lap);
    const { gateway: first } = await world.settled();
    for (let laps = 1; laps < LAPS; laps++) await callers.lap(lap);
    const { gateway: last } = await world.settled();
    return { subject: `${plan.mcpEnduredCalls} calls`, measurements: held(first, last) };
  } finally {
    await callers.close();
  }
}

/** Servers that are connected, called once and disconnected. As many as half of them are warm-up: pools fill, code is compiled, heaps get room. */
export async function endureCycles(world: McpWorld, kind: 'http' | 'stdio', plan: Plan): Promise<Endured> {
  const cycles = plan.mcpCycles;
  await world.cycle(kind, Math.ceil(cycles / 2));
  const before = (await world.settled()).gateway;
  await world.cycle(kind, cycles);
  const after = (await world.settled()).gateway;
  return {
    subject: `${cycles} times connected and disconnected, ${kind}`,
    measurements: held(before, after),
  };
}

/** One server dies at once: how long calls of another take before and right after. */
export async function endureKill(world: McpWorld, calls: number): Promise<Endured> {
  const { before, after } = await world.callsAroundKill(calls);
  const figures = (when: string, times: readonly number[]): Measurement[] => [
    { metric: `p50, ${when}`, unit: 'ms', values: [percentile(times, 0.5)] },
    { metric: `longest, ${when}`, unit: 'ms', values: [Math.max(...times)] },
  ];
  return {
    subject: 'another server killed',
    measurements: [...figures('before', before), ...figures('right after', after)],
  };
}
