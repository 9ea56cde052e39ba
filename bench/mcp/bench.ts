import type { Pass } from '../pass.ts';
import type { Measurement, Plan } from '../plan.ts';
import type { Result } from '../report.ts';
import { BARE_KINDS, type BareKind } from './bare-servers.ts';
import { type Lap, openCallers } from './callers.ts';
import { endureCalls, endureCycles, endureKill } from './endurance.ts';
import type { Look } from './messages.ts';
import { withMcpWorld } from './with-world.ts';
import type { McpWorld } from './world.ts';

const SHAPES = BARE_KINDS.flatMap((bare) =>
  [15, 300].flatMap((tools) => [1, 32].map((callers) => ({ bare, tools, callers }))),
);
/** Until compilers and pools have come to rest. */
const WARM_UP_ROUNDS = 2;

type Shape = Pick<(typeof SHAPES)[number], 'tools' | 'callers'>;

interface Round {
  direct: Lap;
  gateway: Lap;
  bareCpuMs: number;
  gatewayCpuMs: number;
  heapMib: number;
  rssMib: number;
}

/** What the gateway adds to a call, by turns with calls to the same server without it. */
export const runGatewayBench = ({ leftovers, plan }: Pass): Promise<Result[]> =>
  withMcpWorld(leftovers, { name: 'gateway' }, (world, setting) => measureWorld(world, plan, setting));

async function measureWorld(world: McpWorld, plan: Plan, setting: string): Promise<Result[]> {
  const results: Result[] = [];
  const record = (subject: string, measurements: readonly Measurement[]) => {
    process.stdout.write(` ${subject};`);
    results.push(...measurements.map((one) => ({ bench: 'mcp' as const, subject, setting, ...one })));
  };
  const made = new Map<string, Promise<Places>>();
  const placesOf = (bare: BareKind, tools: number): Promise<Places> => {
    const name = `${bare} ${tools}`;
    const places = made.get(name) ?? world.placesOf(bare, tools);
    made.set(name, places);
    return places;
  };
  for (const { bare, tools, callers } of SHAPES) {
    const places = await placesOf(bare, tools);
    const rounds = await measureShape(world, { callers, tools, ...places }, plan);
    record(`${bare} server, ${tools} tools, ${callers} callers`, toMeasurements(rounds));
  }
  const { gateway } = await placesOf('lean', 15);
  const { subject, measurements } = await endureCalls(world, gateway, plan);
  record(subject, measurements);
  for (const endured of [
    await endureCycles(world, 'http', plan),
    await endureCycles(world, 'stdio', plan),
    await endureKill(world, plan.mcpCalls),
  ])
    record(endured.subject, endured.measurements);
  await world.removePlaces();
  const open = await world.connectMany(plan.mcpConnections);
  const { gateway: look } = await world.look();
  record(`${plan.mcpConnections} connections`, [
    { metric: 'sessions open at once', unit: 'of all', values: [open] },
    { metric: 'heap after GC', unit: 'MiB', values: [look.heapMib] },
    { metric: 'RSS', unit: 'MiB', values: [look.rssMib] },
  ]);
  return results;
}

type Places = Awaited<ReturnType<McpWorld['placesOf']>>;

async function measureShape(world: McpWorld, shape: Shape & Places, plan: Plan): Promise<Round[]> {
  const options = { clients: shape.callers, tools: shape.tools };
  const direct = await openCallers(shape.direct, options);
  const gateway = await openCallers(shape.gateway, options);
  // A caller alone waits most of the time: more of its calls fit into a turn.
  const calls = plan.mcpCalls * Math.ceil(shape.callers / 4);
  const rounds: Round[] = [];
  try {
    for (let round = 0; round < WARM_UP_ROUNDS + plan.mcpRounds; round++) {
      const first = round % 2 === 0;
      const early = first ? await measureTurn(world, () => direct.lap(calls)) : undefined;
      const through = await measureTurn(world, () => gateway.lap(calls));
      const without = early ?? (await measureTurn(world, () => direct.lap(calls)));
      rounds.push({
        ...{ direct: without.lap, gateway: through.lap },
        bareCpuMs: cpuOf(without, 'upstream') / calls,
        gatewayCpuMs: cpuOf(through, 'gateway') / calls,
        heapMib: through.after.gateway.heapMib,
        rssMib: through.after.gateway.rssMib,
      });
    }
  } finally {
    await Promise.all([direct.close(), gateway.close()]);
  }
  return rounds.slice(WARM_UP_ROUNDS);
}

interface Turn {
  lap: Lap;
  before: Record<'upstream' | 'gateway', Look>;
  after: Record<'upstream' | 'gateway', Look>;
}

const cpuOf = ({ before, after }: Turn, who: 'upstream' | 'gateway'): number =>
  after[who].cpuMs - before[who].cpuMs - before[who].lookCpuMs;

async function measureTurn(world: McpWorld, run: () => Promise<Lap>): Promise<Turn> {
  const before = await world.look();
  const lap = await run();
  return { lap, before, after: await world.look() };
}

function toMeasurements(rounds: readonly Round[]): Measurement[] {
  const figure = (metric: string, unit: string, pick: (round: Round) => number): Measurement => ({
    ...{ metric, unit, values: rounds.map(pick) },
  });
  return [
    figure('direct', 'calls/s', ({ direct }) => direct.callsPerSecond),
    figure('gateway', 'calls/s', ({ gateway }) => gateway.callsPerSecond),
    figure(
      'gateway / direct',
      'ratio',
      ({ direct, gateway }) => gateway.callsPerSecond / direct.callsPerSecond,
    ),
    figure('direct p50', 'ms', ({ direct }) => direct.p50Ms),
    figure('gateway p50', 'ms', ({ gateway }) => gateway.p50Ms),
    figure('added p50', 'ms', ({ direct, gateway }) => gateway.p50Ms - direct.p50Ms),
    figure('direct p99', 'ms', ({ direct }) => direct.p99Ms),
    figure('gateway p99', 'ms', ({ gateway }) => gateway.p99Ms),
    figure('bare server CPU a call', 'ms', ({ bareCpuMs }) => bareCpuMs),
    figure('gateway CPU a call', 'ms', ({ gatewayCpuMs }) => gatewayCpuMs),
    figure('heap after GC', 'MiB', ({ heapMib }) => heapMib),
    figure('RSS', 'MiB', ({ rssMib }) => rssMib),
  ];
}
