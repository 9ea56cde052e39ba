import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { provideInstallation } from '../stack/installation.ts';

const here = provideInstallation({ hasBrowser: false });

/** Far beyond what an orderly end waits for. */
const LONG_MS = 3_600_000;
const MANY = 60;

async function define(name: string, stages: object[]): Promise<string> {
  const dependencies = stages.slice(1).map((_, at) => ({ from: at, to: at + 1 }));
  return (await here.api('/pipelines', { name, stages, dependencies })).id;
}

const start = async (pipelineId: string): Promise<string> =>
  (await here.api(`/pipelines/${pipelineId}/execute`, { input_data: { at: 1 } })).id;

async function until<T>(ask: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    await sleep(50);
  }
}

const readRun = (id: string) => here.api(`/runs/${id}`);
const stageOf = async (id: string) => (await readRun(id)).stages[0];

/** Whether a new caller is turned away: nobody listens any more, or the answer says so. */
const isTurnedAway = () =>
  fetch(`${here.origin}/readyz`).then(
    ({ status }) => status === 503,
    () => true,
  );

async function doctor(): Promise<{ findings: unknown[] }> {
  const { settings, dataDir } = here;
  const { DATABASE_URL: _d, REDIS_URL: _r, RABBITMQ_URL: _q, ...rest } = process.env;
  const env = { ...rest, ...settings, SIGNALBOX_DATA_DIR: dataDir };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['scripts/tool.mjs', 'server/tools/doctor.ts', '--json'],
    { cwd: ROOT, env },
  );
  return JSON.parse(stdout);
}

test('told to stop under load it turns callers away first, ends by itself, and goes on with all of it', async () => {
  const sleeper = { name: 'sleep', type: 'sleep', config: { ms: 300 } };
  const short = await define('short', [
    sleeper,
    { ...sleeper, name: 'again' },
    { name: 'echo', type: 'echo' },
  ]);
  const long = await define('long', [{ ...sleeper, config: { ms: LONG_MS } }]);
  const held = await start(long);
  await until(async () => ((await stageOf(held)).status === 'running' ? held : null));

  const accepted: string[] = [];
  let isOver = false;
  const load = Promise.all(
    [1, 2, 3, 4].map(async () => {
      while (!isOver) {
        const id = await start(short).catch(() => null);
        if (id === null) return;
        accepted.push(id);
      }
    }),
  );
  await until(async () => (accepted.length >= MANY ? accepted : null));

  const order: string[] = [];
  const ended = here.server.stop('SIGTERM').then((code) => {
    order.push('ended');
    return code;
  });
  await until(async () => ((await isTurnedAway()) ? true : null));
  order.push('turned away');
  // What an hour would not be enough for keeps nobody waiting: it is given back.
  expect(await ended).toBe(0);
  isOver = true;
  await load;
  expect(order).toEqual(['turned away', 'ended']);

  await here.startAgain();
  for (const id of accepted) {
    const run = await until(async () => {
      const read = await readRun(id);
      return read.finished_at === null ? null : read;
    });
    expect(run.status).toBe('succeeded');
    // Nobody is charged for it.
    expect(run.stages.map(({ attempt }: { attempt: number }) => attempt)).toEqual([1, 1, 1]);
  }
  const again = await until(async () => {
    const stage = await stageOf(held);
    return stage.status === 'running' ? stage : null;
  });
  expect(again.attempt).toBe(1);
  await here.api(`/runs/${held}/cancel`, {});
  await until(async () => ((await readRun(held)).finished_at === null ? null : true));
  expect((await doctor()).findings).toEqual([]);
});
