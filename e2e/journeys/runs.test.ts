import type { Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { foretellComplaint } from '../stack/complaints.ts';
import { saved } from '../stack/editor.ts';
import { freshName } from '../stack/fresh-name.ts';
import { provideInstallation } from '../stack/installation.ts';
import { joinAs } from '../stack/people.ts';
import { findBarriers } from '../stack/watch-page.ts';

const FAILED = 3;
const POLL = { timeout: 30_000 };
const HOSTILE = '<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>';

const here = provideInstallation();
const { api } = here;
let page: Page;
let brokenRun: string;
let hostileRun: string;

interface Listed {
  runs: { id: string; status: string; replay_from: string | null }[];
}

const chain = (length: number) => Array.from({ length: length - 1 }, (_, from) => ({ from, to: from + 1 }));
async function makePipeline(name: string, stages: object[]): Promise<string> {
  return (await api('/pipelines', { name, stages, dependencies: chain(stages.length) })).id;
}
const start = async (pipeline: string, input: unknown) =>
  (await api(`/pipelines/${pipeline}/execute`, { input_data: input })).id;
const count = async (filter: string) => ((await api(`/runs?limit=200&${filter}`)) as Listed).runs.length;
const until = (filter: string, wanted: number) =>
  vi.waitFor(async () => expect(await count(filter)).toBe(wanted), { timeout: 120_000, interval: 500 });

beforeAll(async () => {
  const broken = await makePipeline('Reconcile invoices', [
    { name: 'Fetch', type: 'echo' },
    { name: 'Match', type: 'fail', retry: { maxAttempts: 1 } },
    { name: 'Post', type: 'echo' },
  ]);
  for (let invoice = 0; invoice < FAILED; invoice++) brokenRun = await start(broken, { invoice });
  const hostile = await makePipeline('Hostile', [
    { name: `Named ${HOSTILE}`, type: 'echo' },
    { name: 'Fails', type: 'fail', retry: { maxAttempts: 2 }, config: { message: HOSTILE } },
  ]);
  hostileRun = await start(hostile, { text: HOSTILE });
  await until('status=failed', FAILED + 1);
});
beforeEach(async () => {
  page = await here.newPage();
});
afterEach(async () => {
  expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
  await page.close();
});

const open = (path: string) => page.goto(`${here.origin}${path}`);

test('a click on a cell narrows the list, and a reload shows the same', async () => {
  await open('/runs');
  await page.getByTitle('Only Reconcile invoices').first().click();
  await expect.poll(() => page.url(), POLL).toContain('pipeline=pipe_');
  await page.getByTitle('Only Hostile').first().waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Duration' }).click();
  await page.getByRole('textbox', { name: 'At least' }).fill('1 ms');
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect.poll(() => page.url(), POLL).toContain('duration=1~');
  await page.reload();
  await page.getByRole('button', { name: 'Duration at least 1 ms' }).waitFor();
  await page.getByTitle('Only Reconcile invoices').first().waitFor();
  expect(await page.getByTitle('Only Hostile').count()).toBe(0);
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await page.getByTitle('Only Hostile').first().waitFor();
});

test('keys move in the list, open a run, walk its stages and say what they are', async () => {
  await open('/runs');
  await page.getByTitle('Only Failed').first().waitFor();
  // What has the focus is pressed by Enter, also where Enter opens a row.
  await page.getByRole('button', { name: 'Columns' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitemcheckbox', { name: 'Trigger' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('menuitemcheckbox', { name: 'Trigger' }).waitFor({ state: 'detached' });
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.getByRole('toolbar', { name: '1 selected' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('toolbar').waitFor({ state: 'detached' });
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).getByText('Tick up to here').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/runs\/run_/);
  await page.getByTestId('run-status').waitFor();
  await page.keyboard.press('j');
  await expect.poll(() => page.url(), POLL).toContain('stage=');
  await page.keyboard.press('j');
  await page.getByRole('dialog', { name: 'Fails' }).waitFor();
  await page.keyboard.press('r');
  const replay = page.getByRole('dialog', { name: 'Replay this run?' });
  await replay.waitFor();
  // What goes wrong is told where it can be tried again.
  foretellComplaint(page, /ERR_FAILED/);
  await page.route(/runs\.replay/, (route) => route.abort());
  await replay.getByRole('button', { name: 'Replay', exact: true }).click();
  await replay.getByRole('alert').getByText('does not answer').waitFor();
  expect(await replay.getByRole('button', { name: 'Replay', exact: true }).isEnabled()).toBe(true);
});

test('arrows scroll what is read, and keys go on to the next stage', async () => {
  await page.setViewportSize({ width: 1280, height: 360 });
  await open(`/runs/${hostileRun}`);
  await page.getByRole('button', { name: /^Fails/ }).click();
  const drawer = page.getByRole('dialog', { name: 'Fails' });
  const content = drawer.locator('> div').last();
  await drawer.waitFor();
  const shown = page.url();
  const top = () => content.evaluate((element) => element.scrollTop);
  await expect
    .poll(async () => {
      await page.keyboard.press('ArrowDown');
      return top();
    }, POLL)
    .toBeGreaterThan(0);
  expect(page.url()).toBe(shown);
  await page.keyboard.press('k');
  await expect.poll(() => page.url(), POLL).not.toBe(shown);
  // Where no stages are drawn they open none.
  await open(`/runs/${hostileRun}?tab=data`);
  await page.getByRole('region', { name: 'Input' }).press('ArrowDown');
  await page.keyboard.press('j');
  await expect.poll(() => page.url(), POLL).toContain('stage=');
});

test('a run that another view does not list is acted on by nobody', async () => {
  await open('/runs');
  await page.getByTitle('Only Failed').first().waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.getByRole('toolbar', { name: '1 selected' }).waitFor();
  await page.getByRole('button', { name: 'Going on' }).click();
  await page.getByRole('toolbar').waitFor({ state: 'detached' });
  // Nor is it ticked behind somebody's back, when the list is whole again.
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await page.getByTitle('Only Failed').first().waitFor();
  expect(await page.getByRole('toolbar').count()).toBe(0);
});

test('a failed run leads to its stage and to those that failed like it, and the palette does what has no key', async () => {
  await open(`/runs/${brokenRun}`);
  await page.getByText('In Match, code').waitFor();
  await page.getByRole('button', { name: 'Open the stage' }).click();
  await page
    .getByRole('dialog')
    .getByText('How it failed')
    .or(page.getByLabel('How it failed'))
    .first()
    .waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('r');
  await page.getByRole('dialog').getByRole('button', { name: 'Replay', exact: true }).waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
  await expect.poll(focused, POLL).toMatch(/^Begin with/);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('ControlOrMeta+k');
  await page.keyboard.type('show logs');
  await page.getByRole('option', { name: 'Show logs' }).waitFor();
  await page.keyboard.press('Enter');
  await expect.poll(() => page.url(), POLL).toContain('tab=logs');
  await page.getByRole('link', { name: 'Runs that failed like it' }).click();
  await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor();
  await expect
    .poll(() => page.getByRole('grid').getAttribute('aria-rowcount'), POLL)
    .toBe(String(FAILED + 1));
});

test('ages are told by the clock of the server, whatever that of the browser shows', async () => {
  await page.addInitScript(() => {
    const own = Date.now;
    Date.now = () => own() + 5 * 3_600_000;
  });
  await open(`/runs/${brokenRun}`);
  await page
    .getByText(/(just now|s ago|min ago)$/)
    .first()
    .waitFor();
  expect(await page.getByText('5 h ago').count()).toBe(0);
});

test('what is said of an action leaves the focus where it was', async () => {
  await open('/audit');
  const verify = page.getByRole('button', { name: 'Verify the chain' });
  await verify.focus();
  await page.keyboard.press('Enter');
  const said = page.getByText(/^Sound: \d+ entries/);
  await said.first().waitFor();
  const hasFocus = () => verify.evaluate((button) => button === document.activeElement);
  expect(await hasFocus()).toBe(true);
  await page.keyboard.press('Enter');
  await expect.poll(() => said.count(), POLL).toBe(2);
  expect(await hasFocus()).toBe(true);
});

test('a filter that means nothing is told, and is none that a bulk action would go by', async () => {
  await open('/runs?id=zzz');
  await page.getByText('Not filtered by Id begins with').waitFor();
  expect(await page.getByRole('button', { name: 'All that match' }).count()).toBe(0);
  await open('/runs?id=zzz&status=failed');
  await page.getByRole('button', { name: 'All that match' }).waitFor();
  await page.getByText('Not filtered by Id begins with').waitFor();
});

test('pages on which nothing was found yet are gone over by themselves, and are never shown as none', async () => {
  const asked: (string | null)[] = [];
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let found: object[] = [];
  // As a server answers that looks at so many runs for a page and then says where it stands.
  const pieces: Record<string, () => { runs: object[]; next_cursor: string | null }> = {
    'looking-1': () => ({ runs: [], next_cursor: 'looking-2' }),
    'looking-2': () => ({ runs: found.slice(0, 1), next_cursor: 'looking-3' }),
    'looking-3': () => ({ runs: [], next_cursor: 'looking-4' }),
    'looking-4': () => ({ runs: found.slice(1), next_cursor: null }),
  };
  await page.route(/runs\.list\?/, async (route) => {
    const { limit, cursor = null } = JSON.parse(
      new URL(route.request().url()).searchParams.get('input') ?? '{}',
    );
    // What asks whether there are newer ones.
    if (limit !== 100) return route.continue();
    asked.push(cursor);
    if (cursor === null) {
      const { result } = await (await route.fetch()).json();
      found = result.data.runs;
      return route.fulfill({ json: { result: { data: { runs: [], next_cursor: 'looking-1' } } } });
    }
    if (cursor === 'looking-1') await released;
    return route.fulfill({ json: { result: { data: pieces[cursor]?.() } } });
  });
  await open('/runs?status=failed');
  // Once the line to the server stands, what was asked before it did is asked again.
  await expect.poll(() => asked.at(-1), POLL).toBe('looking-1');
  await page.locator('[role=grid][aria-busy=true]').waitFor();
  expect(await page.getByText('No run matches').count()).toBe(0);
  release();
  await expect.poll(() => page.getByTitle('Only Failed', { exact: true }).count(), POLL).toBe(FAILED + 1);
  expect(new Set(asked)).toEqual(new Set([null, ...Object.keys(pieces)]));
  await page.unrouteAll();
});

test('hostile text in names, inputs, outputs and errors stays text', async () => {
  await open(`/runs/${hostileRun}`);
  await page.getByText(`Named ${HOSTILE}`).first().waitFor();
  await page.getByText(HOSTILE, { exact: true }).first().waitFor();
  await open(`/runs/${hostileRun}?tab=data`);
  await page.getByText('onerror=').first().waitFor();
  await open(`/runs/${hostileRun}?tab=events`);
  await page.getByText(HOSTILE).first().waitFor();
  // Under headings, too, which fold.
  await open(`/runs/${hostileRun}?tab=events&events=stage`);
  await page.getByText(HOSTILE).first().waitFor();
  const heading = page.getByRole('button', { name: /^Events of Fails/ });
  const rowsOf = async () => Number(await page.getByRole('grid').getAttribute('aria-rowcount'));
  await heading.waitFor();
  const unfolded = await rowsOf();
  await heading.click();
  await expect.poll(rowsOf, POLL).toBeLessThan(unfolded);
  expect(await heading.getAttribute('aria-expanded')).toBe('false');
});

test('a stage that was tried again opens to its attempts, and a reload shows them too', async () => {
  await open(`/runs/${hostileRun}`);
  const second = page.getByRole('button', { name: /^Attempt 2 · builtin-fail/ });
  await page.getByRole('button', { name: 'Show the attempts of Fails' }).click();
  await second.waitFor();
  await page.reload();
  await second.waitFor();
  expect(await findBarriers(page)).toEqual([]);
  await page.getByRole('button', { name: /^Fails/ }).press('ArrowLeft');
  await second.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: /^Fails/ }).press('ArrowRight');
  await second.waitFor();
});

test('an open stage, a tab and a search in the log outlive a reload', async () => {
  await open(`/runs/${brokenRun}`);
  await page.getByRole('button', { name: /Match/ }).first().click();
  const drawer = page.getByRole('dialog', { name: 'Match' });
  await drawer.getByText('FAILED_ON_PURPOSE').waitFor();
  await page.reload();
  await drawer.getByText('FAILED_ON_PURPOSE').waitFor();
  await drawer.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.getByRole('searchbox').fill('demonstration');
  await page.getByText('This is a demonstration stage: it returns its input.').waitFor();
  await page.getByTitle(/Link to this line/).click();
  await expect.poll(() => page.url(), POLL).toMatch(/line=0\.\d+\.\d+/);
  await page.reload();
  await page.locator('li[aria-current]').getByText('demonstration').waitFor();
  // The same by key, from the first line that is in sight.
  await open(`/runs/${brokenRun}?tab=logs`);
  await page
    .getByTitle(/Link to this line/)
    .first()
    .waitFor();
  await page.keyboard.press('l');
  await expect.poll(() => page.url(), POLL).toMatch(/line=\d+\.\d+\.\d+/);
  await page.locator('li[aria-current]').waitFor();
});

test('the drawer of a stage and two runs side by side have no barrier in light or dark', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await open(`/runs/${brokenRun}?stage=match`);
    await page.getByRole('dialog', { name: 'Match' }).getByText('FAILED_ON_PURPOSE').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await open(`/runs/compare?a=${brokenRun}&b=${hostileRun}&stage=match`);
    await page.getByRole('dialog', { name: 'Outputs of Match' }).waitFor();
    await page.getByRole('status', { name: 'Loading the runs' }).waitFor({ state: 'detached' });
    expect(await findBarriers(page)).toEqual([]);
  }
});

test('what a designer marks in the editor is hidden, until somebody who may asks for it and says why', async () => {
  const marked = await makePipeline(freshName('Pay salaries'), [
    { name: 'Take', type: 'echo' },
    { name: 'Pay', type: 'echo' },
  ]);
  await open(`/pipelines/${marked}/edit`);
  await page.locator('.react-flow__node').getByText('Take', { exact: true }).click();
  // Until the stage is shown, the pipeline is, which has such a section too.
  await page.getByLabel('Key', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Sensitive values' }).click();
  await page.getByRole('combobox', { name: 'Input', exact: true }).click();
  await page.getByRole('option', { name: 'Some fields' }).click();
  await page.getByLabel('Fields of the input').fill('/account');
  await page.getByRole('combobox', { name: 'Output', exact: true }).click();
  await page.getByRole('option', { name: 'All of it' }).click();
  await saved(page);
  await page.getByRole('button', { name: 'Publish' }).click();
  await page
    .getByRole('dialog', { name: /Publish/ })
    .getByRole('button', { name: 'Publish' })
    .click();
  await page.getByText('Version 2 is published.').waitFor();

  const run = await start(marked, { account: 'DE02 1203 0000', amount: 12 });
  await vi.waitFor(async () => expect((await api(`/runs/${run}`)).status).toBe('succeeded'), POLL);
  for (const role of ['viewer', 'operator']) {
    const { page: theirs } = await joinAs(here, role);
    await theirs.goto(`${here.origin}/runs/${run}?tab=data`);
    await theirs.getByText('"account": "(hidden: marked sensitive)"').waitFor();
    await theirs.getByText('"amount": 12').waitFor();
    await theirs
      .getByText('Owners, admins and designers who were granted this pipeline can show it.')
      .waitFor();
    expect(await theirs.getByRole('button', { name: 'Reveal' }).count()).toBe(0);
    await theirs.context().close();
  }

  await open(`/runs/${run}?tab=data`);
  await page.getByRole('button', { name: 'Reveal' }).click();
  const question = page.getByRole('alertdialog', { name: 'Reveal what the run was given?' });
  expect(await question.getByRole('button', { name: 'Reveal' }).isDisabled()).toBe(true);
  await question.getByRole('textbox').fill('Salary came back');
  await question.getByRole('button', { name: 'Reveal' }).click();
  await page.getByText('"account": "DE02 1203 0000"').waitFor();
  await question.waitFor({ state: 'detached' });
  expect(await findBarriers(page)).toEqual([]);
  await page.getByRole('button', { name: 'Hide again' }).click();
  await page.getByText('"account": "(hidden: marked sensitive)"').waitFor();

  await open('/audit?action=run.revealed');
  await page
    .getByRole('row', { name: /run\.revealed/ })
    .first()
    .getByRole('gridcell')
    .first()
    .click();
  await page.getByRole('dialog').getByText('Salary came back').waitFor();

  // An address leads to an entry also where the list has not got it, and says where there is none.
  await open('/audit?action=run.revealed&entry=1');
  await page.getByRole('dialog', { name: / · 1$/ }).getByText('hash').first().waitFor();
  foretellComplaint(page, /404/);
  await open('/audit?entry=99999999');
  await page.getByRole('dialog').getByText('There is no entry 99999999').waitFor();
});
