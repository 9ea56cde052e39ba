import type { BenchContext, Measurement } from './plan.ts';
import { percentile } from './statistics.ts';
import type { ApiSide } from './subject.ts';

const CONNECTIONS = 64;
const SHARES = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;

/**
 * The doors of one process on a database with a long history: how long each kind of call takes when it is alone, and
 * how many of all kinds go through in a second.
 */
export async function measureApi({ subject, plan }: BenchContext): Promise<Measurement[]> {
  if (!subject.openApi) return [];
  const api = await subject.openApi();
  try {
    const asked = [...api.reads, api.submit];
    await api.time(asked, plan.apiWarmUp);
    const times = await api.time(asked, plan.apiCalls);
    const alone = asked.flatMap(({ name }, at) => toPercentiles(name, times[at] ?? []));
    return [...alone, ...(await measureLoad(api, plan.apiLoadMs))];
  } finally {
    await api.stop();
  }
}

async function measureLoad(api: ApiSide, forMs: number): Promise<Measurement[]> {
  const find = (name: string) => api.reads.find((one) => one.name === name) ?? api.submit;
  const reads = [find('runs'), find('run'), find('tasks of a run')];
  const mix = [api.submit, ...reads];
  await api.load(mix, forMs / 4, CONNECTIONS);
  const before = await api.cpuMs();
  const { perSecond, requests, errors, times } = await api.load(mix, forMs, CONNECTIONS);
  const after = await api.cpuMs();
  return [
    { metric: 'under load', unit: 'requests/s', values: [perSecond] },
    { metric: 'errors under load', unit: 'requests', values: [errors] },
    // Whatever else the machine does, this is what a request costs, its share of the run's work included.
    {
      metric: 'CPU of a request under load',
      unit: 'ms',
      values: [(after.process - before.process) / requests],
    },
    {
      metric: 'CPU of a request under load, Postgres',
      unit: 'ms',
      values: [(after.database - before.database) / requests],
    },
    ...mix.flatMap(({ name }, at) => toPercentiles(`${name} under load`, times[at] ?? [])),
    ...toPercentiles('reads under load', times.slice(1).flat()),
  ];
}

function toPercentiles(name: string, times: readonly number[]): Measurement[] {
  return Object.entries(SHARES).map(([part, share]) => ({
    ...{ metric: `${name} ${part}`, unit: 'ms' },
    values: [percentile(times, share)],
  }));
}
