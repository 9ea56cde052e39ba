import type { Caller } from '#server/tools/seed/caller.ts';
import type { Asked } from './api-messages.ts';

const DAY_MS = 86_400_000;
/** Pages of 200 before the one that is timed. */
const DEEP = 25;

interface Listed {
  runs: { id: string; pipeline_id: string; version_id: string; error_group: string | null }[];
  next_cursor: string;
}

/** Some runs carry a hundred times as much as others: the one in the middle, so that passes can be compared. */
async function middleOf(call: Caller, runs: Listed['runs']): Promise<Listed['runs'][number] | undefined> {
  const sized: { run: Listed['runs'][number]; size: number }[] = [];
  for (const run of runs) {
    const parts = [await call({ path: `/runs/${run.id}` }), await call({ path: `/runs/${run.id}/tasks` })];
    sized.push({ run, size: JSON.stringify(parts).length });
  }
  return sized.toSorted((a, b) => a.size - b.size)[Math.floor(sized.length / 2)]?.run;
}

/** A filter of each kind, on values that the history has: common ones and rare ones. */
export async function readsOf(call: Caller, now: number): Promise<Asked[]> {
  const list = async (query: string) => (await call({ path: `/runs?${query}` })) as unknown as Listed;
  const ago = (days: number) => new Date(now - days * DAY_MS).toISOString();
  const [failed] = (await list('status=failed&limit=1')).runs;
  const run = await middleOf(call, (await list(`status=succeeded&limit=25&created_before=${ago(14)}`)).runs);
  if (!failed || !run) throw new Error('The database has no history.');
  const { tasks } = (await call({ path: `/runs/${run.id}/tasks` })) as {
    tasks: { assigned_agent: string | null }[];
  };
  const agent = tasks.find(({ assigned_agent }) => assigned_agent !== null)?.assigned_agent;
  if (!agent) throw new Error('No agent has worked on the history.');
  let cursor = '';
  for (let page = 0; page < DEEP; page += 1)
    cursor = (await list(`limit=200${cursor && `&cursor=${cursor}`}`)).next_cursor;
  const filters = {
    '': 'limit=50',
    'by status': 'limit=50&status=failed',
    'by pipeline': `limit=50&pipeline_id=${failed.pipeline_id}`,
    'by version': `limit=50&version_id=${run.version_id}`,
    'by pipeline and status': `limit=50&pipeline_id=${run.pipeline_id}&status=cancelled`,
    'by time of start': `limit=50&created_after=${ago(15)}&created_before=${ago(14)}`,
    'by time of end': `limit=50&finished_after=${ago(15)}&finished_before=${ago(14)}`,
    'by duration': 'limit=50&min_duration_ms=1000&max_duration_ms=1500',
    'by tag': 'limit=50&tag=sample-data',
    'by agent': `limit=50&agent_id=${agent}`,
    'by trigger': 'limit=50&trigger=api',
    'by error group': `limit=50&error_group=${failed.error_group}`,
    'by beginning of id': `limit=50&id_prefix=${run.id.slice(0, 'run_'.length + 8)}`,
    'by metadata': 'limit=50&metadata=scenario=million',
    replayed: 'limit=50&replayed=true',
    'waiting long': 'limit=50&min_waiting_ms=60000',
    'sorted by duration': 'limit=50&sort=duration',
    'sorted by end': 'limit=50&sort=finished&order=asc',
    'deep page': `limit=50&cursor=${cursor}`,
  };
  const input = encodeURIComponent(JSON.stringify({ limit: 50 }));
  const range = `from=${ago(28)}`;
  return [
    ...Object.entries(filters).map(([name, query]) => ({
      name: `runs ${name}`.trim(),
      path: `/api/v1/runs?${query}`,
    })),
    { name: 'runs for the panel', path: `/api/trpc/runs.list?input=${input}` },
    { name: 'run', path: `/api/v1/runs/${run.id}` },
    { name: 'tasks of a run', path: `/api/v1/runs/${run.id}/tasks` },
    { name: 'events of a run', path: `/api/v1/runs/${run.id}/events` },
    { name: 'home', path: '/api/v1/home' },
    { name: 'analytics, a day', path: `/api/v1/analytics?from=${ago(1)}` },
    { name: 'analytics, 4 weeks', path: `/api/v1/analytics?${range}` },
    { name: 'stages, 4 weeks', path: `/api/v1/analytics/stages?${range}` },
    { name: 'agents, 4 weeks', path: `/api/v1/analytics/agents?${range}` },
    { name: 'errors, 4 weeks', path: `/api/v1/analytics/errors?${range}` },
  ];
}
