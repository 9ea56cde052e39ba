import type { Page, Route } from 'playwright-core';
import { expect, test } from 'vitest';
import { foretellComplaint } from '../stack/complaints.ts';
import { freshName } from '../stack/fresh-name.ts';
import { provideInstallation } from '../stack/installation.ts';
import { cancelOpenRuns } from '../stack/open-runs.ts';

const SLOW = { timeout: 60_000 };
const MEANWHILE = 12;
const STAGES = 6;
/** As long as a lift or a tunnel takes. */
const CUT_MS = 30_000;
const BANNER = 'No line to the server.';
const HELD = 'so no other page can be opened just now';
/** What a browser writes down of a line that is cut. */
const CUT = /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION|ERR_NETWORK|WebSocket|502|503/;

// So high that lists draw all of their rows.
const here = provideInstallation({ window: { viewport: { width: 1440, height: 2400 } } });
const { api } = here;

/** A run of a chain whose first stage waits for as long as the test wants. */
async function makeHeld(): Promise<{ run: string; capability: string }> {
  const capability = `held-${crypto.randomUUID()}`;
  const stages = [
    { name: 'Held', type: capability },
    ...Array.from({ length: STAGES - 1 }, (_, at) => ({ name: `Stage ${at}`, type: 'echo' })),
  ];
  const dependencies = stages.slice(1).map((_, from) => ({ from, to: from + 1 }));
  const { id } = await api('/pipelines', { name: `Of ${capability}`, stages, dependencies });
  const { id: run } = await api(`/pipelines/${id}/execute`, { input_data: { n: 1 } });
  return { run, capability };
}

/** An agent comes for what is held and does it; the run goes to its end. */
async function letGo({ run, capability }: { run: string; capability: string }): Promise<void> {
  const agent = await api('/agents/register', { name: capability, capabilities: [capability] });
  const { agent_id: id, generation } = agent;
  await expect
    .poll(async () => {
      const { tasks } = await api(`/agents/${id}/claim`, { generation, max: 1, wait_ms: 1000 });
      for (const { task_id, epoch } of tasks) {
        const reports = [{ type: 'succeeded', task_id, epoch, output: {} }];
        await api(`/agents/${id}/reports`, { generation, reports });
      }
      return tasks.length;
    }, SLOW)
    .toBe(1);
  await expect.poll(async () => (await api(`/runs/${run}`)).status, SLOW).toBe('succeeded');
}

/** A page that tells later whether it was loaded anew. */
async function open(path: string): Promise<Page> {
  const page = await here.newPage();
  foretellComplaint(page, CUT);
  await page.goto(`${here.origin}${path}`);
  await page.evaluate(() => Object.assign(window, { unbroken: true }));
  return page;
}

async function closeUnbroken(page: Page): Promise<void> {
  expect(await page.evaluate(() => 'unbroken' in window)).toBe(true);
  await page.close();
}

/** In the order of the screen: which run, and how it is. */
const shownRuns = (page: Page) =>
  page
    .getByRole('grid', { name: 'Runs' })
    .getByRole('row')
    .evaluateAll((rows) =>
      rows.flatMap((row) => {
        const link = row.querySelector('a[href^="/runs/run_"]');
        const status = /Queued|Running|Succeeded|Failed/.exec(row.textContent ?? '')?.[0];
        return link ? [`${link.getAttribute('href')?.split('/').at(-1)} ${status?.toLowerCase()}`] : [];
      }),
    );

async function keptRuns(): Promise<string[]> {
  const { runs } = await api('/runs?limit=200');
  return runs.map(({ id, status }: { id: string; status: string }) => `${id} ${status}`);
}

const countSucceeded = async (): Promise<number> =>
  (await api('/runs?limit=200&status=succeeded')).runs.length;

async function untilOver(): Promise<string[]> {
  await expect.poll(async () => (await api('/runs?status=running')).runs, SLOW).toEqual([]);
  return keptRuns();
}

/** The numbers of a run's events. */
const shownEvents = (page: Page) =>
  page
    .getByRole('grid', { name: 'Events' })
    .getByRole('row')
    .evaluateAll((rows) =>
      rows.flatMap((row) => {
        const number = Number(row.querySelector('[role=gridcell]')?.textContent);
        return Number.isInteger(number) && number > 0 ? [number] : [];
      }),
    );

async function keptEvents(run: string): Promise<number[]> {
  const { events } = await api(`/runs/${run}/events?limit=1000`);
  return events.map(({ seq }: { seq: number }) => seq);
}

test('what happened in half a minute without a line is on every screen when it is back, once, without a reload', async () => {
  await cancelOpenRuns(api);
  const before = await countSucceeded();
  const held = await makeHeld();
  const board = await open('/');
  await board.getByRole('link', { name: /^Running now\s*1/ }).waitFor(SLOW);
  const shown = await open(`/runs/${held.run}?tab=events`);
  await expect.poll(() => shownEvents(shown), SLOW).toEqual(await keptEvents(held.run));
  const list = await open('/runs');
  await expect.poll(() => shownRuns(list), SLOW).toEqual(await keptRuns());
  const pages = [board, shown, list];

  const cutAt = performance.now();
  await here.context.setOffline(true);
  for (const page of pages) await page.getByText(BANNER).waitFor(SLOW);
  // It stays in sight, however far down somebody reads.
  await board.setViewportSize({ width: 1280, height: 360 });
  await board.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  expect(await board.evaluate(() => window.scrollY)).toBeGreaterThan(100);
  const banner = await board.getByText(BANNER).boundingBox();
  expect(banner?.y).toBeGreaterThanOrEqual(0);
  const { id } = await api('/pipelines', {
    name: freshName('Meanwhile'),
    stages: [{ name: 'a', type: 'echo' }],
  });
  for (let number = 0; number < MEANWHILE; number++)
    await api(`/pipelines/${id}/execute`, { input_data: { number } });
  await letGo(held);
  await expect.poll(countSucceeded, SLOW).toBe(before + MEANWHILE + 1);
  await expect.poll(() => performance.now() - cutAt, { ...SLOW, interval: 1000 }).toBeGreaterThan(CUT_MS);
  // Nothing of it has come through.
  expect((await shownRuns(list)).length).toBeLessThan((await keptRuns()).length);
  await here.context.setOffline(false);

  for (const page of pages) await page.getByText(BANNER).waitFor({ state: 'detached', ...SLOW });
  await board.getByRole('link', { name: /^Running now\s*0/ }).waitFor(SLOW);
  await shown.getByTestId('run-status').getByText('Succeeded').waitFor(SLOW);
  await expect.poll(() => shownEvents(shown), SLOW).toEqual(await keptEvents(held.run));
  await expect.poll(() => shownRuns(list), SLOW).toEqual(await keptRuns());

  // The line is as good as before: what comes now is told, and shown when somebody wants to see it.
  await api(`/pipelines/${id}/execute`, { input_data: {} });
  await list.getByRole('button', { name: '1 new' }).click(SLOW);
  await expect.poll(async () => shownRuns(list), SLOW).toEqual(await untilOver());
  for (const page of pages) await closeUnbroken(page);
});

test('a page stays while the server is away: what it has not loaded yet waits, and no way to another page is taken', async () => {
  const held = await makeHeld();
  const page = await open(`/runs/${held.run}`);
  await page.getByRole('tab', { name: 'Data' }).waitFor(SLOW);
  await here.context.setOffline(true);
  await page.getByText(BANNER).waitFor(SLOW);
  await page.getByRole('tab', { name: 'Data' }).click();
  await page.getByRole('link', { name: 'Agents', exact: true }).click();
  await page.getByText(HELD).waitFor(SLOW);
  await page.getByTestId('run-status').waitFor(SLOW);
  expect(new URL(page.url()).pathname).toBe(`/runs/${held.run}`);

  await here.context.setOffline(false);
  await page.getByText(HELD).waitFor({ state: 'detached', ...SLOW });
  await page.getByRole('combobox', { name: 'What to show' }).waitFor(SLOW);
  await page.getByRole('link', { name: 'Agents', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Agents' }).waitFor(SLOW);
  await closeUnbroken(page);
  await letGo(held);
});

test('a tab that is of an older version than the server says so instead of doing nothing, and a reload makes it new', async () => {
  const page = await here.newPage();
  foretellComplaint(page, /404|ChunkLoadError|Failed to load/);
  await page.goto(`${here.origin}/runs`);
  const account = page.getByRole('button', { name: /^Account/ });
  await account.waitFor(SLOW);
  const isGone = (route: Route) => route.fulfill({ status: 404, body: '' });
  await page.route('**/_next/static/**', isGone);
  await account.click();
  await page.getByText('A newer version of Signalbox is running').waitFor(SLOW);
  await page.unroute('**/_next/static/**', isGone);
  await page.getByRole('button', { name: 'Reload' }).click();
  await page.getByText('A newer version of Signalbox is running').waitFor({ state: 'detached', ...SLOW });
  await account.click(SLOW);
  await page.getByRole('menuitem').first().waitFor(SLOW);
  await page.close();
});

test('a browser that slept for an hour, the server started anew meanwhile, shows what is without a reload', async () => {
  const held = await makeHeld();
  const page = await here.newPage();
  foretellComplaint(page, CUT);
  await page.clock.install();
  await page.goto(`${here.origin}/runs/${held.run}?tab=events`);
  await expect.poll(() => shownEvents(page), SLOW).toEqual(await keptEvents(held.run));
  await page.evaluate(() => Object.assign(window, { unbroken: true }));
  await page.clock.pauseAt(new Date(Date.now() + 60_000));
  // Nothing that could be resumed is left in its memory.
  await here.server.kill();
  await here.startAgain();
  await letGo(held);
  await page.clock.fastForward('01:00:00');
  await page.clock.resume();
  await page.getByTestId('run-status').getByText('Succeeded').waitFor(SLOW);
  await page.getByText(BANNER).waitFor({ state: 'detached', ...SLOW });
  await expect.poll(() => shownEvents(page), SLOW).toEqual(await keptEvents(held.run));
  await closeUnbroken(page);
});
