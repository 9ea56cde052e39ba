import type { Page } from 'playwright-core';
import { expect, test, vi } from 'vitest';
import { foretellComplaint } from '../stack/complaints.ts';
import { addByKeys, makePipeline, openDraft, readDraft, saved, tabTo } from '../stack/editor.ts';
import { freshName } from '../stack/fresh-name.ts';
import { provideInstallation } from '../stack/installation.ts';
import { cancelOpenRuns } from '../stack/open-runs.ts';
import { findBarriers } from '../stack/watch-page.ts';

const FAILED = 40;
const SLOW = { timeout: 60_000 };

interface Listed {
  runs: { status: string; replay_from: string | null }[];
}
const here = provideInstallation({ window: { viewport: { width: 1440, height: 900 } } });
const { api } = here;

const count = async (filter: string) => ((await api(`/runs?limit=200&${filter}`)) as Listed).runs.length;
const until = (filter: string, wanted: number) =>
  vi.waitFor(async () => expect(await count(filter)).toBe(wanted), { timeout: 120_000, interval: 500 });

async function find(page: Page, stage: string): Promise<void> {
  await page.keyboard.press('Control+f');
  await page.getByRole('combobox', { name: 'Name, key or capability' }).waitFor();
  await page.keyboard.type(stage);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: stage, exact: true }).waitFor();
}

/** From what is selected, by the dialog. */
async function askToConnect(page: Page, to: string): Promise<void> {
  await page.keyboard.press('c');
  await page.getByRole('combobox', { name: 'Which stage follows?' }).waitFor();
  await page.keyboard.type(to);
}

test('by the keyboard alone a pipeline is built, connected, set up, published and run, and its log of the failure opened', async () => {
  const page = await here.newPage();
  await makePipeline(page, here, 'By keys');
  await addByKeys(page, 'echo');
  await page.getByRole('group', { name: /Stage echo, echo, 0 in, 0 out/ }).waitFor();
  await addByKeys(page, 'sleep');
  // What is added while a stage is selected follows it.
  await page.getByRole('group', { name: /Stage sleep, sleep, 1 in/ }).waitFor();
  await page.keyboard.press('Escape');
  await addByKeys(page, 'fail');
  await page.getByRole('group', { name: /Stage fail, fail, 0 in/ }).waitFor();

  // Back again is refused, with the way round.
  await find(page, 'sleep');
  await askToConnect(page, 'fail');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Connection' }).waitFor();
  await find(page, 'fail');
  await askToConnect(page, 'echo');
  await page.getByRole('option', { name: /That would close a circle/ }).waitFor();
  await page.keyboard.press('Escape');

  // A quarter of a second is enough to sleep.
  await find(page, 'sleep');
  await page.getByLabel('Ms', { exact: true }).waitFor();
  await page.keyboard.press('e');
  await tabTo(page, 'Ms');
  await page.keyboard.type('250');
  await saved(page);
  await expect
    .poll(async () => (await readDraft(page)).document.stages[1], SLOW)
    .toMatchObject({ key: 'sleep', config: { ms: 250 } });

  // From within the field.
  await page.keyboard.press('Control+s');
  await page.getByRole('textbox', { name: 'What it does, in a sentence' }).waitFor();
  await page.keyboard.type('The first one');
  await page.keyboard.press('Control+Enter');
  await page.getByText('Version 1 is published.').waitFor();
  await page.getByRole('dialog', { name: /Publish/ }).waitFor({ state: 'detached' });
  await page.keyboard.press('Control+Enter');
  await page.getByRole('dialog', { name: 'Run version 1' }).waitFor();
  await tabTo(page, 'Run');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Open the run' }).waitFor();
  await page.locator('.react-flow__node').getByText('Failed').waitFor(SLOW);
  await page.getByRole('status', { name: 'In the run' }).getByText('Failed').waitFor(SLOW);
  // The stage that is selected says how it did, and leads to its log.
  const inRun = page.getByRole('region', { name: 'In the run' });
  await inRun.getByText('Succeeded').waitFor(SLOW);
  expect(await inRun.getByRole('link', { name: 'Its log' }).getAttribute('href')).toMatch(
    /tab=logs&in=sleep$/,
  );
  await tabTo(page, 'Open the run');
  await page.keyboard.press('Enter');
  await page.getByTestId('run-status').getByText('Failed').waitFor(SLOW);
  await tabTo(page, 'Timeline');
  // Past the graph.
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.getByText('it waits 250 ms and returns its input').waitFor();
  await page.getByText('This stage fails on purpose.').first().waitFor();
  await page.close();
});

test('the board shows a run as it goes, and its end, without being asked', async () => {
  await cancelOpenRuns(api);
  const { id } = await api('/pipelines', {
    ...{ name: freshName('Live'), stages: [{ name: 'Nobody', type: 'nobody-yet' }] },
  });
  const page = await here.newPage();
  await page.goto(`${here.origin}/`);
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  await page.getByRole('link', { name: /^Running now\s*0/ }).waitFor(SLOW);
  const run = await api(`/pipelines/${id}/execute`, { input_data: {} });
  await page.getByRole('link', { name: /^Running now\s*1/ }).waitFor(SLOW);
  const other = await here.newPage();
  await other.goto(`${here.origin}/runs/${run.id}`);
  await other.getByTestId('run-status').waitFor();
  await api(`/runs/${run.id}/cancel`, {});
  await other.getByTestId('run-status').getByText('Cancelled').waitFor(SLOW);
  await page.getByRole('link', { name: /^Running now\s*0/ }).waitFor(SLOW);
  await Promise.all([page.close(), other.close()]);
});

test('forty failed runs are replayed in two clicks, each from the stage that broke', async () => {
  const stages = [
    { name: 'Fetch', type: 'echo' },
    { name: 'Match', type: 'fail', retry: { maxAttempts: 1 } },
    { name: 'Post', type: 'echo' },
  ];
  const dependencies = [
    { from: 0, to: 1 },
    { from: 1, to: 2 },
  ];
  const { id } = await api('/pipelines', { name: freshName('Reconcile invoices'), stages, dependencies });
  for (let invoice = 0; invoice < FAILED; invoice++)
    await api(`/pipelines/${id}/execute`, { input_data: { invoice } });
  await until(`status=failed&pipeline_id=${id}`, FAILED);
  const page = await here.newPage();
  await page.goto(`${here.origin}/runs?pipeline=${id}`);
  await page.getByRole('grid', { name: 'Runs' }).getByRole('row').nth(1).waitFor();
  await page.getByRole('button', { name: 'Replay failed…' }).click();
  await page.getByRole('button', { name: `Replay ${FAILED} runs` }).click();
  await page.waitForURL(/\/bulk\/bulk_/);
  await page.getByTestId('bulk-status').getByText('Done').waitFor({ timeout: 120_000 });
  // It is done with replaying; how the runs do that it made, it says beside them.
  await page.getByRole('grid').getByText('Failed').first().waitFor({ timeout: 120_000 });
  expect(await findBarriers(page)).toEqual([]);
  const { runs: replays }: Listed = await api(`/runs?limit=200&trigger=replay&pipeline_id=${id}`);
  expect(replays).toHaveLength(FAILED);
  expect(new Set(replays.map(({ replay_from }) => replay_from))).toEqual(new Set(['match']));
  // What has its replay is not replayed again.
  await until(`status=failed&replayed=false&pipeline_id=${id}`, FAILED);
  expect(await count(`status=failed&replayed=true&pipeline_id=${id}`)).toBe(FAILED);
  await page.close();
});

async function failOnce(): Promise<string> {
  const stages = [{ name: 'Break', type: 'fail', retry: { maxAttempts: 1 } }];
  const { id } = await api('/pipelines', { name: freshName('Breaks'), stages });
  await api(`/pipelines/${id}/execute`, { input_data: {} });
  await until(`status=failed&pipeline_id=${id}`, 1);
  return id;
}

/** What has the focus, by what it is called, or what it stands for. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const { dataset, textContent, ariaLabel, role, localName } = document.activeElement as HTMLElement;
    return localName === 'body' ? 'nothing' : (dataset.id ?? ariaLabel ?? (textContent || role));
  });
const comesTo = (page: Page, name: string) => expect.poll(() => focused(page), SLOW).toBe(name);
async function pressOn(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).focus();
  await page.keyboard.press('Enter');
}

test('whoever removes a filter, a tag, a tick or a secret by keys goes on at what is next', async () => {
  const page = await here.newPage();
  const pipeline = await failOnce();
  await page.goto(`${here.origin}/runs?pipeline=${pipeline}&status=failed&created=24h`);
  const chips = page.getByRole('button', { name: /^Remove the filter/ });
  await chips.nth(2).waitFor();
  const [first, second, third] = await chips.evaluateAll((all) => all.map((chip) => chip.ariaLabel ?? ''));
  await pressOn(page, second ?? '');
  await comesTo(page, third ?? '');
  await page.keyboard.press('Enter');
  await comesTo(page, first ?? '');
  await page.keyboard.press('Enter');
  await comesTo(page, 'Filter');

  await page.getByTitle('Only Failed').first().waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await pressOn(page, 'Clear the selection');
  await page.getByRole('toolbar').waitFor({ state: 'detached' });
  await comesTo(page, 'Runs');

  await page.goto(`${here.origin}/pipelines?tag=one,two`);
  await pressOn(page, 'Without the tag one');
  await comesTo(page, 'Without the tag two');
  await page.keyboard.press('Enter');
  await comesTo(page, 'Find a pipeline by name or description');

  for (const name of ['aaa', 'bbb']) await api(`/secrets/${name}`, { value: 'a value' }, 'PUT');
  await page.goto(`${here.origin}/settings/secrets`);
  for (const [name, next] of [
    ['aaa', 'Delete bbb'],
    ['bbb', 'New secret'],
  ] as const) {
    await pressOn(page, `Delete ${name}`);
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).press('Enter');
    await page.getByRole('button', { name: `Delete ${name}` }).waitFor({ state: 'detached' });
    await comesTo(page, next);
  }
  await page.close();
});

test('whoever deletes stages and connections by keys stays on the canvas', async () => {
  const stages = ['a', 'b', 'c'].map((key) => ({ key, type: 'echo' }));
  const dependencies = ['b', 'c'].map((to) => ({ from: 'a', to }));
  const page = await here.newPage();
  await openDraft(page, here, { name: 'Taken apart', stages, dependencies });
  const select = async (id: string) => {
    await page.locator(`[data-id="${id}"]`).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^Delete this/ }).waitFor();
  };
  await select('wire:a→b');
  await page.keyboard.press('Delete');
  await comesTo(page, 'wire:a→c');
  await select('stage:b');
  await page.keyboard.press('Delete');
  await comesTo(page, 'stage:c');
  await select('stage:c');
  await pressOn(page, 'Delete this stage');
  await comesTo(page, 'stage:a');
  await select('stage:a');
  await page.keyboard.press('Delete');
  await comesTo(page, 'Canvas');
  await page.close();
});

test('what is shown stays when it cannot be asked anew, and says so until it can', async () => {
  const page = await here.newPage();
  foretellComplaint(page, /ERR_FAILED/);
  // A clock that is turned on by minutes lets a socket that is just being opened seem late.
  foretellComplaint(page, /WebSocket is closed before/);
  await failOnce();
  await page.clock.install();
  const broken = page.getByRole('alert').getByText('does not answer');
  const [agent] = (await api('/agents')).agents;
  const comeBack = async () => {
    await page.clock.fastForward(20_000);
    await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));
    await page.clock.runFor(30_000);
  };
  for (const [path, question, shown] of [
    [`/agents/${agent.id}`, /agents\.get/, agent.name],
    ['/analytics', /analytics\.overview/, 'Success'],
    ['/analytics?tab=stages', /analytics\.stages/, 'Break'],
    ['/settings/members', /members\.list/, 'Owner'],
  ] as const) {
    const there = page.getByRole('main').getByText(shown).first();
    // Figures are counted some time after what they are of.
    const look = () => page.goto(`${here.origin}${path}`).then(() => there.waitFor({ timeout: 5_000 }));
    await vi.waitFor(look, SLOW);
    await page.route(question, (route) => route.abort());
    // It is old by now, and somebody comes back to the tab.
    await comeBack();
    await broken.waitFor();
    expect(await there.isVisible()).toBe(true);
    await page.unroute(question);
    await comeBack();
    await broken.waitFor({ state: 'detached' });
  }
  await page.close();
});

test('a list by durations says what has come into it since, wherever that stands', async () => {
  const page = await here.newPage();
  const pipeline = await failOnce();
  for (const sort of ['duration:desc', 'duration:asc', 'finished:desc', 'finished:asc', 'created:asc']) {
    await page.goto(`${here.origin}/runs?pipeline=${pipeline}&sort=${sort}`);
    await page.getByTitle('Only Failed').first().waitFor();
    await api(`/pipelines/${pipeline}/execute`, { input_data: { late: sort } });
    await page.getByRole('button', { name: '1 new' }).click();
    await page.getByRole('button', { name: '1 new' }).waitFor({ state: 'detached' });
  }
  await page.close();
});
