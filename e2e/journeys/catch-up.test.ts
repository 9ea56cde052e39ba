import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findFreePort } from '../../scripts/lib/net.mjs';
import { openBrowser } from '../stack/browser.ts';
import { foretellComplaint } from '../stack/complaints.ts';
import { type Api, openApi } from '../stack/people.ts';
import { makeDataDir, type RunningServer, startServer } from '../stack/running-server.ts';

const SLOW = { timeout: 60_000 };
const MEANWHILE = 30;
const STAGES = 20;
const BANNER = 'No line to the server.';
/** What a browser writes down of a line that is cut. */
const CUT = /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION|ERR_NETWORK|WebSocket|502|503/;

let browser: Browser;
let dataDir: Awaited<ReturnType<typeof makeDataDir>>;
let settings: Record<string, string>;
let server: RunningServer;
let context: BrowserContext;
let api: Api;

beforeAll(async () => {
  dataDir = await makeDataDir();
  // The same port after the next start: the pages stay where they are.
  settings = { SERVER_PORT: String(await findFreePort()) };
  [browser, server] = await Promise.all([openBrowser(), startServer(dataDir.path, { settings })]);
  api = await openApi(server, dataDir.path);
  context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(server.link);
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  await page.close();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await dataDir?.remove();
});

/** A chain whose first stage waits for as long as the test wants. */
async function makeHeld(): Promise<{ pipeline: string; run: string; name: string }> {
  const name = `held ${crypto.randomUUID()}`;
  const stages = [
    { name: 'Held', type: name },
    ...Array.from({ length: STAGES - 1 }, (_, at) => ({ name: `Stage ${at}`, type: 'echo' })),
  ];
  const dependencies = stages.slice(1).map((_, from) => ({ from, to: from + 1 }));
  const { id } = await api('/pipelines', { name: `Of ${name}`, stages, dependencies });
  const { id: run } = await api(`/pipelines/${id}/execute`, { input_data: { n: 1 } });
  return { pipeline: id, run, name };
}

/** An agent comes for what is held and does it. */
async function letGo(capability: string): Promise<void> {
  const agent = await api('/agents/register', { name: capability, capabilities: [capability] });
  const at = `/agents/${agent.agent_id}`;
  await expect
    .poll(async () => {
      const { tasks } = await api(`${at}/claim`, { generation: agent.generation, max: 1, wait_ms: 1000 });
      for (const { task_id, epoch } of tasks)
        await api(`${at}/reports`, {
          generation: agent.generation,
          reports: [{ type: 'succeeded', task_id, epoch, output: {} }],
        });
      return tasks.length;
    }, SLOW)
    .toBe(1);
}

const isOver = (run: string) => expect.poll(async () => (await api(`/runs/${run}`)).status, SLOW);
const open = async (path: string): Promise<Page> => {
  const page = await context.newPage();
  foretellComplaint(page, CUT);
  await page.goto(`${server.origin}${path}`);
  return page;
};

/** The numbers of a run's events as the screen has them; the grid draws what is in view. */
const shownEvents = (page: Page) =>
  page
    .getByRole('grid', { name: 'Events' })
    .getByRole('row')
    .evaluateAll((rows) =>
      rows.flatMap((row) => {
        const number = Number(row.querySelector('[role=gridcell]')?.textContent);
        return Number.isInteger(number) ? [number] : [];
      }),
    );

test('what happened while the line was cut is on the screen when it is back, once, without a reload', async () => {
  const { run, name } = await makeHeld();
  const board = await open('/');
  await board.getByRole('link', { name: /^Running now\s*1/ }).waitFor(SLOW);
  const shown = await open(`/runs/${run}?tab=events`);
  await shown.getByTestId('run-status').waitFor();
  const list = await open('/runs');
  const rows = list.getByRole('grid', { name: 'Runs' }).getByRole('row', { name: /run_|Of held|Meanwhile/ });
  await rows.first().waitFor(SLOW);
  const before = await rows.count();
  const marks = await Promise.all(
    [board, shown, list].map((page) => page.evaluate(() => Object.assign(window, { unbroken: true }))),
  );
  expect(marks).toHaveLength(3);

  await context.setOffline(true);
  for (const page of [board, shown, list]) await page.getByText(BANNER).waitFor(SLOW);
  const { id } = await api('/pipelines', { name: 'Meanwhile', stages: [{ name: 'a', type: 'echo' }] });
  for (let number = 0; number < MEANWHILE; number++)
    await api(`/pipelines/${id}/execute`, { input_data: { number } });
  await letGo(name);
  await isOver(run).toBe('succeeded');
  await expect
    .poll(async () => (await api('/runs?limit=200&status=succeeded')).runs.length, SLOW)
    .toBe(MEANWHILE + 1);
  await board.getByRole('link', { name: /^Running now\s*1/ }).waitFor();
  await context.setOffline(false);

  for (const page of [board, shown, list])
    await page.getByText(BANNER).waitFor({ state: 'detached', ...SLOW });
  await board.getByRole('link', { name: /^Running now\s*0/ }).waitFor(SLOW);
  await shown.getByTestId('run-status').getByText('Succeeded').waitFor(SLOW);
  const { events } = await api(`/runs/${run}/events?limit=1000`);
  await expect
    .poll(async () => (await shownEvents(shown)).slice(0, 10), SLOW)
    .toEqual(events.slice(0, 10).map(({ seq }: { seq: number }) => seq));
  await expect.poll(() => list.getByTitle('Only Meanwhile').count(), SLOW).toBe(MEANWHILE);
  expect(await list.getByTitle('Only Succeeded').count()).toBe(before + MEANWHILE);
  for (const page of [board, shown, list]) {
    expect(await page.evaluate(() => 'unbroken' in window)).toBe(true);
    await page.close();
  }
});

test('a browser that slept for an hour, the server started anew meanwhile, shows what is without a reload', async () => {
  const { run, name } = await makeHeld();
  const page = await context.newPage();
  foretellComplaint(page, CUT);
  await page.clock.install();
  await page.goto(`${server.origin}/runs/${run}`);
  await page.getByTestId('run-status').waitFor(SLOW);
  await page.evaluate(() => Object.assign(window, { unbroken: true }));
  await page.clock.pauseAt(new Date(Date.now() + 60_000));
  await server.kill();
  server = await startServer(dataDir.path, { settings });
  await letGo(name);
  await isOver(run).toBe('succeeded');
  await page.clock.fastForward('01:00:00');
  await page.clock.resume();
  await page.getByTestId('run-status').getByText('Succeeded').waitFor(SLOW);
  await page.getByText(BANNER).waitFor({ state: 'detached', ...SLOW });
  expect(await page.evaluate(() => 'unbroken' in window)).toBe(true);
  await page.close();
});
