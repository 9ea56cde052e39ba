import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Program } from '../stack/oauth-program.ts';
import { type Api, openApi } from '../stack/people.ts';
import type { RunningServer } from '../stack/running-server.ts';

/** What each shows is made by `npm run seed`, one name after the other. */
export const SCENARIOS = {
  empty: [],
  busy: ['demo', 'busy'],
  broken: ['broken'],
} as const satisfies Record<string, readonly string[]>;
export type Scenario = keyof typeof SCENARIOS;

export const isScenario = (name: string): name is Scenario => Object.hasOwn(SCENARIOS, name);

/** One of each that is worth a look; undefined where the scenario has none. */
export interface Things {
  runId?: string | undefined;
  otherRunId?: string | undefined;
  openRunId?: string | undefined;
  stageKey?: string | undefined;
  pipelineId?: string | undefined;
  /** With branches, to be looked at in the editor. */
  drawnId?: string | undefined;
  agentId?: string | undefined;
  errorGroup?: string | undefined;
  bulkId?: string | undefined;
  connectionId?: string | undefined;
  /** One whose tools are others than those that were approved. */
  changedId?: string | undefined;
  letterId?: string | undefined;
  auditEntry?: string | undefined;
  /** One that asks to be let in. */
  program?: Program | undefined;
}

export async function seed(name: string, dataDir: string): Promise<void> {
  const { DATABASE_URL: _d, REDIS_URL: _r, RABBITMQ_URL: _q, ...rest } = process.env;
  const child = spawn(process.execPath, ['server/tools/seed.ts', name], {
    cwd: join(import.meta.dirname, '../..'),
    env: { ...rest, SIGNALBOX_DATA_DIR: dataDir },
    stdio: 'inherit',
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`The scenario ${name} could not be made.`);
}

/** It prints its link as soon as people may come, and takes work a little later. */
export async function untilReady({ origin }: RunningServer): Promise<void> {
  for (let asked = 0; asked < 240; asked++) {
    if ((await fetch(`${origin}/readyz`)).ok) return;
    await delay(500);
  }
  throw new Error(`The server at ${origin} is not ready after two minutes.`);
}

/** That of the scenario `broken`. */
const CHANGED = 'sample-notes';

interface Run {
  id: string;
  pipeline_id: string | null;
  error_group?: string | null;
}

/** What there is to look at, by the same calls that everybody makes. */
export async function findThings(server: RunningServer, dataDir: string): Promise<Things> {
  const api = await openApi(server, dataDir);
  const runs = async (filter: string): Promise<Run[]> => (await api(`/runs?limit=20&${filter}`)).runs;
  const { pipelines } = await api('/pipelines');
  const { agents } = await api('/agents?limit=100');
  const { groups } = await api('/analytics/errors');
  const { connections } = await api('/mcp/connections');
  const named = (pattern: RegExp): string | undefined =>
    pipelines.find(({ name }: { name: string }) => pattern.test(name))?.id;
  // The six stages that come with every installation have the most to show.
  const [sensors, drawn] = [named(/sensor/i), named(/ticket/i)];
  const fine = sensors === undefined ? [] : await runs(`status=succeeded&pipeline_id=${sensors}`);
  const crawl = named(/crawl/i);
  const crawls = crawl === undefined ? [] : await runs(`status=running&pipeline_id=${crawl}`);
  const [failed, open] = [await runs('status=failed'), await runs('status=running')];
  const [run, other] = fine.length > 0 ? fine : failed;
  const detail = run === undefined ? undefined : await api(`/runs/${run.id}?brief=true`);
  const sick = agents.find(({ status }: { status: string }) => status === 'quarantined');
  return {
    runId: run?.id,
    otherRunId: other?.id,
    openRunId: (crawls.length > 0 ? crawls : open)[0]?.id,
    stageKey: detail?.stages.at(fine.length > 0 ? 3 : 1)?.key,
    pipelineId: run?.pipeline_id ?? pipelines[0]?.id,
    drawnId: drawn ?? run?.pipeline_id ?? pipelines[0]?.id,
    agentId: (sick ?? agents[0])?.id,
    errorGroup: groups[0]?.id,
    bulkId: await findBulk(api, failed),
    connectionId: connections[0]?.id,
    changedId: connections.find(({ slug }: { slug: string }) => slug === CHANGED)?.id,
    letterId: (await api('/dead-letters?limit=1')).dead_letters[0]?.id,
    auditEntry: (await api('/audit?limit=1')).entries[0]?.seq?.toString(),
  };
}

/** The one that was made before, or a replay of what has failed. */
async function findBulk(api: Api, failed: readonly Run[]): Promise<string | undefined> {
  const { bulks } = await api('/bulk');
  if (bulks.length > 0 || failed.length === 0) return bulks[0]?.id;
  const ids = failed.slice(0, 4).map(({ id }) => id);
  return (await api('/bulk', { action: 'replay', ids, from_failure: true })).bulk?.id;
}
