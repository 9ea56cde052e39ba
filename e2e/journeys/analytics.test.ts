import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, expect, test, vi } from 'vitest';
import { foretellComplaint } from '../stack/complaints.ts';
import { provideInstallation } from '../stack/installation.ts';

const here = provideInstallation({ isSignedIn: false });
const { api } = here;
const agents: ChildProcess[] = [];
afterAll(() => {
  for (const { pid } of agents) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
});

async function open(path: string): Promise<Page> {
  const page = await here.newPage();
  await page.goto(path);
  return page;
}

test('the checklist of a first start leads to an agent of one’s own that works on a task', async () => {
  const page = await open(here.server.link);
  await page.getByRole('heading', { name: 'First steps' }).waitFor();
  await page.getByRole('button', { name: 'Make a token and show the command' }).click();
  const command = await page.getByRole('region', { name: 'Paste it into a terminal:' }).textContent();
  expect(command).toContain(`SIGNALBOX_URL='${here.origin}'`);
  // The Node that runs this test, whatever `node` a shell would find.
  const path = `${join(process.execPath, '..')}:${process.env.PATH}`;
  agents.push(
    spawn('sh', ['-c', command ?? ''], {
      detached: true,
      stdio: 'ignore',
      env: { ...process.env, PATH: path },
    }),
  );
  // The board asks anew by itself; the agent has come when its step is done.
  await page.getByText('Start an agent of your own (Done)').waitFor({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Send “greet”' }).click();
  await page.waitForURL(/\/runs\/run_/);
  await page.getByTestId('run-status').getByText('Succeeded').waitFor({ timeout: 60_000 });
  await page.goto(here.origin);
  await page.getByRole('heading', { name: 'Last 24 hours' }).waitFor();
  expect(await page.getByRole('heading', { name: 'First steps' }).count()).toBe(0);
  await page.close();
});

test.each([
  { path: '/', late: 'analytics.home', early: 'runs.list', shown: 'Recent runs' },
  { path: '/agents', late: 'agents.coverage', early: 'agents.list', shown: 'builtin-echo' },
])('what stands below $late on $path is drawn when that is there, so that nothing moves', async (each) => {
  const page = await here.newPage();
  const isOf = (path: string) => (url: URL) => url.pathname.includes(path);
  const asked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await page.route(isOf(each.late), async (route) => {
    asked.resolve();
    await release.promise;
    await route.continue();
  });
  const answered = page.waitForResponse((response) => isOf(each.early)(new URL(response.url())));
  await page.goto(`${here.origin}${each.path}`);
  await Promise.all([asked.promise, answered.then((response) => response.finished())]);
  await page
    .getByRole('status', { name: /^Loading/ })
    .first()
    .waitFor();
  const below = page.getByText(each.shown, { exact: true }).first();
  // What has been answered is drawn by then, if it is drawn at all.
  await page.evaluate(
    () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
  );
  const isShownTooSoon = await below.isVisible();
  release.resolve();
  expect(isShownTooSoon).toBe(false);
  await below.waitFor();
  await page.close();
});

test('where nothing has ended there is a way to where something has', async () => {
  const page = await open(`${here.origin}/analytics?tag=nothing-like-it`);
  await page.getByText('No run has ended in this time').waitFor({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Clear the filters' }).click();
  const figure = page.getByRole('link', { name: /^Success/ });
  await figure.waitFor({ timeout: 60_000 });
  await page.goto(`${here.origin}/analytics?range=2020-01-01T00:00:00.000Z~2020-01-02T00:00:00.000Z`);
  await page.getByRole('link', { name: 'Run a pipeline' }).waitFor({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Look at 30 days' }).click();
  await page.waitForURL(/range=30d/);
  await figure.waitFor({ timeout: 60_000 });
  // Chromium says so of each request that is refused.
  foretellComplaint(page, /status of 400 .*analytics\.error/);
  await page.goto(`${here.origin}/analytics/errors/nothing?range=7d`);
  await page
    .getByRole('heading', { level: 1, name: 'There is no such kind of failure' })
    .waitFor({ timeout: 60_000 });
  await page.getByRole('link', { name: 'Back to Analytics' }).click();
  await page.waitForURL(/tab=errors.*range=7d/);
  await page.close();
});

test('figures come with what they are of, and each leads to the list behind it', async () => {
  const { id } = await api('/pipelines', { name: 'counted', stages: [{ name: 'only', type: 'echo' }] });
  const broken = await api('/pipelines', { name: 'broken', stages: [{ name: 'only', type: 'fail' }] });
  for (let count = 0; count < 3; count++) await api(`/pipelines/${id}/execute`, { input_data: { count } });
  await api(`/pipelines/${broken.id}/execute`, { input_data: {} });
  await vi.waitFor(
    async () => {
      const { runs } = await api('/analytics');
      expect([runs.succeeded, runs.failed]).toEqual([4, 1]);
    },
    { timeout: 60_000, interval: 500 },
  );
  const page = await open(`${here.origin}/analytics`);
  const success = page.getByRole('link', { name: /^Success/ });
  await success.waitFor();
  expect(await success.textContent()).toContain('80 %');
  expect(await success.textContent()).toContain('of 5 that succeeded or failed');
  const { searchParams } = new URL((await success.getAttribute('href')) ?? '', here.origin);
  const [after, before] = (searchParams.get('finished') ?? '').split('~');
  const filter = new URLSearchParams({ finished_after: after ?? '', finished_before: before ?? '' });
  for (const status of searchParams.get('status')?.split(',') ?? []) filter.append('status', status);
  expect((await api(`/runs?${filter}`)).runs).toHaveLength(5);

  await page.getByRole('tab', { name: 'Stages' }).click();
  const failed = page.getByRole('row', { name: /broken/ }).getByTitle(/in which it failed/);
  expect(await failed.textContent()).toBe('1');
  await failed.click();
  await page.waitForURL(/\/runs\?.*stage=only&stage_type=[a-z.-]+&stage_outcome=failed/);
  await page.getByRole('button', { name: /How a stage went.*it failed/ }).waitFor();
  const found = page.getByRole('checkbox', { name: /^Select the run/ });
  await found.first().waitFor();
  expect(await found.count()).toBe(1);
  await page.close();
});

test('a chart is read, looked into and opened by keyboard alone, and can be had as a table', async () => {
  const page = await open(`${here.origin}/analytics`);
  const chart = page.getByRole('slider', { name: 'Runs that ended' });
  await chart.focus();
  await page.keyboard.press('End');
  await expect
    .poll(() => chart.getAttribute('aria-valuetext'), { timeout: 60_000 })
    .toMatch(/Succeeded 4, Failed 1, Cancelled 0$/);
  await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.press('Enter');
  await page.waitForURL(/range=\d{4}-/);
  await page.getByRole('button', { name: 'Runs that ended: as a table' }).click();
  const rows = page.getByRole('table', { name: 'Runs that ended' }).getByRole('row');
  expect(await rows.count()).toBeGreaterThan(2);
  await page.reload();
  await chart.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/runs\?finished=/);
  await page.close();
});

test('a kind of failure is looked at and resolved, and tables are downloaded', async () => {
  const page = await open(`${here.origin}/analytics?tab=errors`);
  await page.getByRole('table', { name: 'Kinds of failures' }).getByRole('link').first().click();
  await page.getByRole('heading', { name: 'Where it came up' }).waitFor();
  await page.getByRole('button', { name: 'Resolve' }).click();
  await page.getByLabel('Note').fill('<b>mended</b>');
  await page.getByRole('dialog').getByRole('button', { name: 'Resolve' }).click();
  await page.getByRole('heading', { level: 1 }).getByText('Resolved').waitFor();
  await page.getByText('<b>mended</b>').waitFor();
  await page.goto(`${here.origin}/analytics?tab=stages`);
  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'Stages as CSV' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('stages.csv');
  const text = await readFile(await download.path(), 'utf8');
  expect(text.split('\r\n')[0]).toContain('critical_share');
  await page.close();
});
