import type { Pass } from '../pass.ts';
import type { Measurement, Plan } from '../plan.ts';
import type { Result } from '../report.ts';
import { percentile } from '../statistics.ts';
import { type Called, type Outcome, runAgent } from './agents.ts';
import { withMcpWorld } from './with-world.ts';
import type { McpWorld } from './world.ts';

/** Who shares one workspace: more are several teams. */
const TEAM = 8;
/** Of the tool of the upstream server, for each agent: few enough to be hit by some of them. */
const CALLS_PER_MINUTE = 30;

/** Agents as clients of MCP: files that they share, and a server of others, within the limits that the product comes with. */
export const runAgentsBench = ({ leftovers, plan }: Pass): Promise<Result[]> =>
  withMcpWorld(leftovers, { name: 'agents', hasRedis: true }, (world, setting) =>
    measureAll(world, plan, setting),
  );

async function measureAll(world: McpWorld, plan: Plan, setting: string): Promise<Result[]> {
  const tool = await world.connectLimited('known', CALLS_PER_MINUTE);
  const results: Result[] = [];
  for (const count of plan.agentCounts) {
    const subject = `${count} agents`;
    const { whole, byTool } = await measureCrowd(world, { count, tool, forMs: plan.agentsMs });
    process.stdout.write(` ${subject};`);
    const record = (name: string, measurements: readonly Measurement[]) =>
      results.push(
        ...measurements.map((one) => ({ bench: 'agents' as const, subject: name, setting, ...one })),
      );
    record(subject, whole);
    for (const [name, measurements] of byTool) record(`${subject}: ${name}`, measurements);
  }
  return results;
}

interface Crowd {
  count: number;
  tool: string;
  forMs: number;
}

/** Of all calls, and of each tool. */
interface Figures {
  whole: Measurement[];
  byTool: [string, Measurement[]][];
}

async function measureCrowd(world: McpWorld, { count, tool, forMs }: Crowd): Promise<Figures> {
  const teams = await Promise.all(Array.from({ length: Math.ceil(count / TEAM) }, () => world.startRun()));
  const keys = await Promise.all(Array.from({ length: count }, (_, at) => world.makeKey(`agent ${at}`)));
  const before = await readCounters(world);
  const { gateway: atFirst } = await world.look();
  const startedAt = performance.now();
  const reports = await Promise.all(
    keys.map((key, at) =>
      runAgent({
        ...{ name: `agent-${at}`, origin: world.origin, key, upstreamTool: tool, seed: at + 1 },
        taskId: teams[at % teams.length] as string,
        goesOn: () => performance.now() - startedAt < forMs,
      }),
    ),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const after = await readCounters(world);
  const { gateway } = await world.look();
  const troubles = reports.flatMap((report) => report.troubles);
  if (troubles.length > 0) console.error(`\n${troubles.slice(0, 3).join('\n')}`);
  const kept = await Promise.all(teams.map((run) => countVersions(world, run)));
  const confirmed = sum(reports.map((report) => report.confirmed));
  const calls = reports.flatMap((report) => report.calls);
  const whole = [
    ...ofCalls(calls, seconds),
    one('CPU of the server a call', 'ms', (gateway.cpuMs - atFirst.cpuMs - atFirst.lookCpuMs) / calls.length),
    one('versions confirmed', 'count', confirmed),
    one('versions lost', 'count', Math.max(0, confirmed - sum(kept))),
    one('sync lag, mean', 'ms', (1000 * (after.lagSum - before.lagSum)) / (after.lags - before.lags)),
    one('hot state hit rate', '%', share(after.hits - before.hits, after.looks - before.looks)),
    one('RSS of the server', 'MiB', gateway.rssMib),
  ];
  return { whole, byTool: ofTools(calls) };
}

const outcomes = (calls: readonly Called[], outcome: Outcome): number =>
  calls.filter((call) => call.outcome === outcome).length;

const CHANGES = ['file_write', 'file_edit', 'claim_file'];

function ofCalls(calls: readonly Called[], seconds: number): Measurement[] {
  const changes = calls.filter(({ tool }) => CHANGES.includes(tool));
  return [
    one('all', 'calls/s', calls.length / seconds),
    ...timesOf(calls),
    one('changes in conflict', '%', share(outcomes(changes, 'conflict'), changes.length)),
    one('limits hit', 'count', outcomes(calls, 'limited')),
    one('errors', 'count', outcomes(calls, 'error')),
  ];
}

const ofTools = (calls: readonly Called[]): [string, Measurement[]][] =>
  [...Map.groupBy(calls, ({ tool }) => tool)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([tool, some]) => [tool, timesOf(some)]);

function timesOf(calls: readonly Called[]): Measurement[] {
  const times = calls.map(({ ms }) => ms);
  return [0.5, 0.95, 0.99].map((at) => one(`p${at * 100}`, 'ms', percentile(times, at)));
}

const one = (metric: string, unit: string, value: number): Measurement => ({ metric, unit, values: [value] });
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
const share = (part: number, whole: number): number => (whole === 0 ? 0 : (100 * part) / whole);

interface Counters {
  hits: number;
  looks: number;
  lags: number;
  lagSum: number;
}

async function readCounters({ readMetrics }: McpWorld): Promise<Counters> {
  const page = await readMetrics();
  const read = (name: string) =>
    sum([...page.matchAll(new RegExp(`^${name} (\\S+)$`, 'gm'))].map(([, value]) => Number(value)));
  const looks = 'signalbox_workspace_hot_lookups_total';
  const lag = 'signalbox_workspace_sync_lag_seconds';
  return {
    hits: read(`${looks}\\{result="hit"\\}`),
    looks: read(`${looks}\\{result="[a-z]+"\\}`),
    lags: read(`${lag}_count`),
    lagSum: read(`${lag}_sum`),
  };
}

/** Versions that are there: what was confirmed and is not among them is lost. */
async function countVersions({ ask }: McpWorld, run: string): Promise<number> {
  let count = 0;
  let cursor = '';
  do {
    const page = await ask(`/runs/${run}/workspace/history?limit=200${cursor}`);
    count += page.changes.length;
    cursor = page.next_cursor ? `&cursor=${encodeURIComponent(page.next_cursor)}` : '';
  } while (cursor !== '');
  return count;
}
