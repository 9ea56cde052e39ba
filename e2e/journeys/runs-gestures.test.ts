import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { freshName } from '../stack/fresh-name.ts';
import { provideInstallation } from '../stack/installation.ts';
import { boxOf, drag } from '../stack/mouse.ts';
import { cancelOpenRuns } from '../stack/open-runs.ts';

const POLL = { timeout: 30_000 };
const FAILED = 4;
const FINE = 2;
/** So many that somebody can say stop before all of them are done. */
const MANY = 600;

const here = provideInstallation({
  window: { viewport: { width: 1440, height: 900 }, acceptDownloads: true },
});
const { api } = here;
let page: Page;
const pipelines = new Map<string, string>();

async function makePipeline(name: string, stages: object[]): Promise<void> {
  const dependencies = stages.slice(1).map((_, from) => ({ from, to: from + 1 }));
  pipelines.set(name, (await api('/pipelines', { name: freshName(name), stages, dependencies })).id);
}
const start = async (name: string): Promise<string> =>
  (await api(`/pipelines/${pipelines.get(name)}/execute`, { input_data: { n: 1 } })).id;
const startMany = (name: string, count: number) =>
  Promise.all(Array.from({ length: count }, () => start(name)));
const statusOf = async (run: string): Promise<string> => (await api(`/runs/${run}`)).status;
const becomes = (run: string, status: string) => expect.poll(() => statusOf(run), POLL).toBe(status);
const of = (name: string) => `pipeline=${pipelines.get(name)}`;
const BROKEN = [
  { name: 'Read', type: 'echo' },
  { name: 'Break', type: 'fail', retry: { maxAttempts: 1 } },
];
/** The same few for all tests, whichever comes first. */
async function failRuns(): Promise<string[]> {
  if (!pipelines.has('Broken')) await makePipeline('Broken', BROKEN);
  const there = async () =>
    (await api(`/runs?pipeline_id=${pipelines.get('Broken')}`)).runs.map(({ id }: { id: string }) => id);
  for (let count = (await there()).length; count < FAILED; count++)
    await becomes(await start('Broken'), 'failed');
  return there();
}

beforeAll(async () => {
  await makePipeline('Fine', [{ name: 'Read', type: 'echo' }]);
  await makePipeline('Slow', [{ name: 'Nap', type: 'sleep', config: { ms: 600_000 } }]);
  await makePipeline('Unheard', [{ name: 'Paint', type: 'paint' }]);
  await makePipeline('Again', [
    {
      ...{ name: 'Twice', type: 'fail', config: { times: 1 } },
      retry: { maxAttempts: 2, initialSeconds: 3_000, maxSeconds: 3_000, jitter: 0 },
    },
  ]);
});
beforeEach(async () => {
  page = await here.newPage();
});
afterEach(() => page.close());

const open = (path: string) => page.goto(`${here.origin}${path}`);
const grid = () => page.getByRole('grid', { name: 'Runs' });
/** Rows of the list that is shown, its head left out. */
const rows = async (): Promise<number> => {
  if ((await grid().count()) === 0) return 0;
  return Number(await grid().getAttribute('aria-rowcount')) - 1;
};

test('a drag over the dots sets the range, columns are chosen for good, and J and K go through the rows', async () => {
  await makePipeline('Broken', BROKEN);
  await failRuns();
  await open(`/runs?${of('Broken')}`);
  await expect.poll(rows, POLL).toBe(FAILED);
  const chart = page.getByRole('img', { name: new RegExp(`^Duration of the ${FAILED} runs`) });
  const { x, y, width } = await boxOf(chart);
  // From before the first run to halfway between it and the next.
  const dots = await chart
    .locator('[data-dot]')
    .evaluateAll((all) => all.map((dot) => dot.getBoundingClientRect()).map((box) => box.x + box.width / 2));
  const [first = 0, second = 0] = dots.sort((a, b) => a - b);
  expect(second - first).toBeGreaterThan(width / 50);
  await drag(page, { x: x + 1, y: y + 2 }, { x: (first + second) / 2, y: y + 2 });
  await expect.poll(() => page.url(), POLL).toContain('created=');
  await expect.poll(rows, POLL).toBe(1);
  await page.getByRole('button', { name: /^Started / }).waitFor();
  await page.goBack();
  await expect.poll(rows, POLL).toBe(FAILED);

  const trigger = page.getByRole('columnheader', { name: 'Trigger' });
  expect(await trigger.count()).toBe(0);
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Trigger' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Stages' }).click();
  await page.keyboard.press('Escape');
  await trigger.waitFor();
  await page.reload();
  await trigger.waitFor();
  expect(await page.getByRole('columnheader', { name: 'Stages' }).count()).toBe(0);

  await grid().getByText('Failed').first().waitFor();
  const active = () => page.locator('[role=row][data-active]').getAttribute('aria-rowindex');
  for (const [key, row] of [
    ['j', '2'],
    ['j', '3'],
    ['j', '4'],
    ['k', '3'],
  ] as const) {
    await page.keyboard.press(key);
    await expect.poll(active, POLL).toBe(row);
  }
});

test('whoever comes back from a run goes on from it, and runs are compared from the list and from their page', async () => {
  await failRuns();
  await open(`/runs?${of('Broken')}`);
  await expect.poll(rows, POLL).toBe(FAILED);
  const active = () => page.locator('[role=row][data-active]').getAttribute('aria-rowindex');
  for (const key of ['j', 'j', 'Enter']) await page.keyboard.press(key);
  await page.waitForURL(/\/runs\/run_/);
  await page.getByTestId('run-status').waitFor();
  const opened = new URL(page.url()).pathname.slice('/runs/'.length);
  await page.keyboard.press(']');
  await page.waitForURL((url) => !url.pathname.endsWith(opened));
  await page.getByTestId('run-status').waitFor();
  await page.getByRole('button', { name: 'Run before it in the list' }).click();
  await page.waitForURL((url) => url.pathname.endsWith(opened));
  await page.goBack();
  await expect.poll(active, POLL).toBe('3');
  await page.keyboard.press('j');
  await expect.poll(active, POLL).toBe('4');
  // By a link the list begins at its top.
  await page.getByRole('link', { name: 'Home' }).click();
  await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
  await page.getByRole('link', { name: 'Runs', exact: true }).click();
  await grid().getByText('Failed').first().waitFor();
  expect(await page.locator('[role=row][data-active]').count()).toBe(0);

  await open(`/runs?${of('Broken')}`);
  await expect.poll(rows, POLL).toBe(FAILED);
  for (const key of ['j', 'x']) await page.keyboard.press(key);
  const compare = page.getByRole('toolbar').getByRole('button', { name: 'Compare' });
  expect(await compare.isDisabled()).toBe(true);
  for (const key of ['j', 'x']) await page.keyboard.press(key);
  await compare.click();
  await page.waitForURL(/compare\?a=.*&b=/);
  await page.getByRole('heading', { name: 'Both on one graph' }).waitFor();
  await page.getByText('Both were given the same.').waitFor();
  const [a = '', b = ''] = ['a', 'b'].map((side) => new URL(page.url()).searchParams.get(side) ?? '');
  expect(a < b).toBe(true);

  await open(`/runs/${opened}`);
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Compare with…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Compare this run with another?' });
  await expect.poll(() => dialog.getByRole('listitem').count(), POLL).toBe(FAILED - 1);
  const confirm = dialog.getByRole('button', { name: 'Compare' });
  await dialog.getByRole('textbox').fill(opened);
  await dialog.getByText('This is the run itself.').waitFor();
  expect(await confirm.isDisabled()).toBe(true);
  await dialog.getByRole('textbox').fill(a === opened ? b : a);
  await confirm.click();
  await page.waitForURL(/\/runs\/compare/);
  expect(page.url()).toContain(opened);
});

test('the palette leads from the id of a version, of a task and of an error to what they stand for', async () => {
  const [run = ''] = await failRuns();
  const { version_id: version, error_group: group } = await api(`/runs/${run}`);
  for (const [id, address] of [
    [version, new RegExp(`/pipelines/${pipelines.get('Broken')}\\?tab=versions&version=1$`)],
    [`task_${run.slice('run_'.length)}_1`, new RegExp(`/runs/${run}\\?stage=break$`)],
    [group, new RegExp(`/analytics/errors/${group}$`)],
  ] as const) {
    await open('/agents');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('ControlOrMeta+k');
    await page.getByRole('combobox', { name: 'Find and do' }).fill(id);
    await page.getByRole('option', { name: id }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(address);
  }
});

const count = async (...statuses: string[]): Promise<number> => {
  const filter = statuses.map((status) => `status=${status}`).join('&');
  return (await api(`/runs?limit=200&${filter}`)).runs.length;
};

/** In this order: where each leads to, and of which statuses that should be, if the figure is no number of theirs. */
const FIGURES: readonly [string, ...string[]][] = [
  ['Running now'],
  ['Failed in 24 hours'],
  ['Stuck'],
  ['Agents not well'],
  ['Dead letters'],
  ['Runs that ended'],
  ['Success', 'succeeded', 'failed'],
  ['Duration, p95', 'succeeded'],
  ['Queue wait, p95', 'succeeded', 'failed'],
];

test('each figure of the home page leads to a list of as many', async () => {
  await cancelOpenRuns(api);
  for (const run of await startMany('Fine', FINE)) await becomes(run, 'succeeded');
  const ended = await count('succeeded', 'failed', 'cancelled');
  await start('Slow');
  const figure = (label: string) =>
    page.locator('a', { has: page.getByText(label, { exact: true }) }).first();
  const figureOf = async (label: string) =>
    (await figure(label).locator(':scope > span').nth(1).textContent()) ?? '';
  await open('/');
  // What has ended is counted beside the engine, a little later.
  await expect.poll(() => figureOf('Runs that ended'), { timeout: 90_000 }).toBe(String(ended));
  await expect.poll(() => figureOf('Running now'), { timeout: 90_000 }).toBe('1');
  for (const [label, ...statuses] of FIGURES) {
    await open('/');
    await figure(label).waitFor();
    const wanted = statuses.length > 0 ? await count(...statuses) : Number(await figureOf(label));
    const href = await figure(label).getAttribute('href');
    await figure(label).click();
    await page.waitForURL((url) => url.pathname + url.search === href);
    const none = page.getByText(/^(No run matches|No agent matches|No dead letters)$/);
    await (wanted === 0 ? none : grid().getByRole('row').nth(1)).waitFor();
    if (wanted > 0) await expect.poll(rows, POLL).toBe(wanted);
  }
});

test('ticked runs are cancelled, all that match are tried again, and of very many the rest is left alone', async () => {
  const slow = await startMany('Slow', 3);
  await vi.waitFor(
    async () => expect(await Promise.all(slow.map(statusOf))).toEqual(['running', 'running', 'running']),
    POLL,
  );
  const { runs: there } = await api(`/runs?limit=200&pipeline_id=${pipelines.get('Slow')}`);
  await open(`/runs?${of('Slow')}`);
  await expect.poll(rows, POLL).toBe(there.length);
  for (const key of ['j', 'x', 'j', 'x']) await page.keyboard.press(key);
  await page.getByRole('toolbar', { name: '2 selected' }).getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel 2 runs' }).click();
  await page.waitForURL(/\/bulk\//);
  await page.getByTestId('bulk-status').getByText('Done').waitFor();
  await page.getByRole('link', { name: /^Cancelled\s*2$/ }).waitFor();
  await expect
    .poll(async () => (await Promise.all(slow.map(statusOf))).sort(), POLL)
    .toEqual(['cancelled', 'cancelled', 'running']);

  const again = await startMany('Again', 2);
  await vi.waitFor(async () => {
    for (const run of again) expect((await api(`/runs/${run}`)).stages[0].state).toBe('retrying');
  }, POLL);
  await open(`/runs?${of('Again')}`);
  await page.getByRole('button', { name: /^All that match \(\d+\)…$/ }).click();
  await page.getByRole('menuitem', { name: 'Retry' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Retry 2 runs' }).click();
  await page.waitForURL(/\/bulk\//);
  for (const run of again) await becomes(run, 'succeeded');

  for (let made = 0; made < MANY; made += 50) await startMany('Unheard', 50);
  await open(`/runs?${of('Unheard')}`);
  await page.getByRole('button', { name: 'All that match' }).click();
  await page.getByRole('menuitem', { name: 'Cancel' }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Cancel [\d,]+ runs$/ })
    .click();
  await page.getByRole('button', { name: 'Abort' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Abort' }).click();
  await page.getByTestId('bulk-status').getByText('Aborted').waitFor();
  const { runs: left } = await api(`/runs?limit=1&status=running&pipeline_id=${pipelines.get('Unheard')}`);
  expect(left).toHaveLength(1);
});

/** Of a run that goes on, looked at closer: its edge is followed until a hand does something, and again by the button. */
async function followTheEdge(): Promise<void> {
  const follow = page.getByRole('button', { name: 'Follow', exact: true });
  const isOn = (wanted: boolean) =>
    expect.poll(() => follow.getAttribute('aria-pressed'), POLL).toBe(String(wanted));
  const ruler = page.getByTitle(/^Drag to look closer/);
  const zoom = () => new URL(page.url()).searchParams.get('zoom');
  await page.getByRole('button', { name: 'Look closer' }).click();
  await page.waitForURL(/zoom=\d+~\d+/);
  const [chosen, told] = [zoom(), await ruler.textContent()];
  await follow.click();
  await isOn(true);
  await expect.poll(() => ruler.textContent(), POLL).not.toBe(told);
  expect(zoom(), 'how much is seen stays what was chosen').toBe(chosen);
  await page.getByRole('region', { name: 'Stages' }).hover();
  await page.mouse.wheel(0, 40);
  await isOn(false);
  await expect.poll(zoom, POLL).not.toBe(chosen);
  await page.keyboard.press('f');
  await isOn(true);
  await page.getByRole('button', { name: 'Show all of it' }).click();
  await isOn(false);
}

test('C asks before it cancels; what waits says why, and its way out leads to where it ends', async () => {
  const [nap = '', waits = ''] = await Promise.all([start('Slow'), start('Unheard')]);
  await open(`/runs/${nap}`);
  await page.getByTestId('run-status').getByText('Running').waitFor();
  // The key acts from when the button does: who is signed in may be known later than the run.
  await page.getByRole('button', { name: 'Cancel', exact: true }).waitFor();
  await followTheEdge();
  await page.keyboard.press('c');
  const question = page.getByRole('alertdialog', { name: 'Cancel this run?' });
  await question.waitFor();
  await page.keyboard.press('Escape');
  await question.waitFor({ state: 'detached' });
  expect(await statusOf(nap)).toBe('running');
  await page.keyboard.press('c');
  await question.getByRole('button', { name: 'Cancel', exact: true }).last().click();
  await page.getByTestId('run-status').getByText('Cancelled').waitFor();

  await open(`/runs/${waits}`);
  const because = page.getByRole('region', { name: 'Why it waits' });
  await because.getByText(/paint/).first().waitFor();
  await because.getByRole('link', { name: 'Enrol an agent' }).click();
  await page.waitForURL(/\/agents\?enrol=true&capability=paint/);
  await expect
    .poll(() => page.getByRole('dialog').getByRole('textbox', { name: 'Capability' }).inputValue(), POLL)
    .toBe('paint');
});

test('a log is narrowed, followed and taken along; attempts say who had them and who was passed over; a replay leads back', async () => {
  await api('/agents/register', {
    name: 'other-echo',
    type: 'worker',
    transport: 'pull',
    capabilities: ['echo'],
  });
  await makePipeline('Chosen', [
    { name: 'Read', type: 'echo', agent: { pinned: 'builtin-echo' } },
    { name: 'Break', type: 'fail', retry: { maxAttempts: 1 } },
  ]);
  const run = await start('Chosen');
  await becomes(run, 'failed');
  await open(`/runs/${run}?tab=logs`);
  const line = page.getByText('This is a demonstration stage: it returns its input.');
  await line.waitFor();
  const levels = page.getByRole('group', { name: 'Level' });
  await levels.getByRole('button', { name: 'Errors' }).click();
  await line.waitFor({ state: 'detached' });
  expect(page.url()).toContain('level=error');
  await levels.getByRole('button', { name: 'All' }).click();
  await line.waitFor();
  const follow = page.getByRole('button', { name: 'Follow' });
  const was = await follow.getAttribute('aria-pressed');
  await follow.click();
  await expect.poll(() => follow.getAttribute('aria-pressed'), POLL).not.toBe(was);
  await line.waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download the log' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(`${run}.log`);
  expect(await readFile(await download.path(), 'utf8')).toMatch(
    /^\S+ info +read This is a demonstration stage/m,
  );

  await page.getByRole('tab', { name: 'Attempts' }).click();
  const attempt = page.getByRole('grid', { name: 'Attempts' }).getByRole('row', { name: /^Read/ });
  await attempt.getByText('builtin-echo').first().waitFor();
  await attempt.getByTitle('other-echo: another agent is pinned').waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  await attempt.getByText('Not these').waitFor();
  await attempt.getByText('other-echo: another agent is pinned').waitFor();
  await page.setViewportSize({ width: 1440, height: 900 });

  const replay = (await api(`/runs/${run}/replay`, { from: 'break' })).id;
  await becomes(replay, 'failed');
  await open(`/runs/${replay}`);
  await page.getByText('from break').waitFor();
  await page.locator(`a[href="/runs/${run}"]`).first().click();
  await page.waitForURL((url) => url.pathname === `/runs/${run}`);
  await page.getByText('Replayed by').waitFor();
  await page.locator(`a[href="/runs/${replay}"]`).first().click();
  await page.waitForURL((url) => url.pathname === `/runs/${replay}`);
});
