import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, BrowserContext } from 'playwright-core';
import { type Api, openApi } from '../../e2e/stack/people.ts';
import { startServer } from '../../e2e/stack/running-server.ts';
import { findFreePort } from '../../scripts/lib/net.mjs';
import { isRunOver, isRunSuccess, type RunStatus } from '../../server/domain/statuses.ts';
import { startGuardian } from '../guardian.ts';
import { findDiskDir } from '../machine.ts';

/** The program as people start it, on a folder of its own, and somebody who has signed in. */
export interface World {
  origin: string;
  dataDir: string;
  api: Api;
  /** Whoever has it is the owner. */
  token: string;
  session: Awaited<ReturnType<BrowserContext['storageState']>>;
  close(): Promise<void>;
}

/** Others may use the machine. */
const LONGEST_RUN_MS = 1_200_000;

export async function makeWorld(browser: Browser, keep?: string): Promise<World> {
  const dataDir = keep === undefined ? await mkdtemp(join(findDiskDir(), 'signalbox-panel-')) : resolve(keep);
  await mkdir(dataDir, { recursive: true });
  // The sample runs are made by a program that finds the server by its port.
  const server = await startServer(dataDir, {
    settings: { SERVER_PORT: String(await findFreePort()), SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8' },
  });
  // If we are killed it stops the program, and removes its folder but for one that shall stay.
  const guardian = startGuardian(keep === undefined ? dataDir : '');
  const { pid } = JSON.parse(await readFile(join(dataDir, 'lock.json'), 'utf8')) as { pid: number };
  guardian.watch(pid);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(server.link);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  const session = await context.storageState();
  await context.close();
  return {
    origin: server.origin,
    dataDir,
    api: await openApi(server, dataDir),
    token: (await readFile(join(dataDir, 'api-secret'), 'utf8')).trim(),
    session,
    async close() {
      await server.stop();
      guardian.forget(pid);
      if (keep === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export interface Shape {
  name: string;
  stages: { key: string; type: string; config?: object; ui?: { x: number; y: number } }[];
  dependencies: { from: string; to: string }[];
}

/** So many stages in columns of `tall`, each after one or two of the column before. */
export function makeGrid(name: string, stages: number, tall = 25): Shape {
  const keyOf = (at: number) => `s${String(at).padStart(5, '0')}`;
  const all = Array.from({ length: stages }, (_, at) => at);
  return {
    name,
    stages: all.map((at) => ({
      key: keyOf(at),
      type: 'echo',
      ui: { x: Math.floor(at / tall) * 300, y: (at % tall) * 110 },
    })),
    dependencies: all.slice(tall).flatMap((at) => {
      const before = { from: keyOf(at - tall), to: keyOf(at) };
      return at % 3 === 0 && (at - tall) % tall > 0
        ? [before, { from: keyOf(at - tall - 1), to: keyOf(at) }]
        : [before];
    }),
  };
}

export const makeRow = (name: string, stages: Shape['stages']): Shape => ({
  name,
  stages,
  dependencies: stages.slice(1).map(({ key }, at) => ({ from: stages[at]?.key ?? '', to: key })),
});

/** By the door that everybody uses for it. */
export async function publish({ api }: World, { name, ...graph }: Shape): Promise<string> {
  const { id } = await api('/pipelines/import', {
    name,
    format: 'json',
    text: JSON.stringify(graph),
    publish: true,
  });
  return id;
}

export async function start({ api }: World, pipelineId: string): Promise<string> {
  return (await api(`/pipelines/${pipelineId}/execute`, { input_data: { n: 1 } })).id;
}

export async function untilOver({ api }: World, runId: string): Promise<void> {
  const until = performance.now() + LONGEST_RUN_MS;
  for (;;) {
    const { status } = await api(`/runs/${runId}/events?limit=1`);
    if (isRunSuccess(status as RunStatus)) return;
    if (isRunOver(status as RunStatus)) throw new Error(`The run ${runId} did not go well: ${status}.`);
    if (performance.now() > until) throw new Error(`The run ${runId} does not end.`);
    await delay(250);
  }
}

/** Runs of the sample pipelines, copied: the scenario `million` at a size of one's own. A kept folder has them already. */
export async function seedRuns({ dataDir }: World, runs: number): Promise<void> {
  const note = join(dataDir, 'bench-runs');
  const made = existsSync(note) ? Number(await readFile(note, 'utf8')) : 0;
  if (made === runs) return;
  if (made > 0) throw new Error(`${dataDir} has ${made} runs and not ${runs}: keep it elsewhere.`);
  const child = spawn(process.execPath, ['server/tools/seed.ts', 'million', '--runs', String(runs)], {
    env: { ...process.env, SIGNALBOX_DATA_DIR: dataDir },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`The sample runs could not be made (code ${code}).`);
  await writeFile(note, String(runs));
}

/** Made once for both profiles. */
export function onceFor<T, More extends unknown[]>(
  make: (world: World, ...more: More) => Promise<T>,
): (world: World, ...more: More) => Promise<T> {
  const made = new WeakMap<World, Promise<T>>();
  return (world, ...more) => {
    const known = made.get(world) ?? make(world, ...more);
    made.set(world, known);
    return known;
  };
}
