import type { Locator, Page } from 'playwright-core';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { saved } from '../stack/editor.ts';
import { provideInstallation } from '../stack/installation.ts';

const POLL = { timeout: 60_000 };

const here = provideInstallation({ window: { viewport: { width: 1440, height: 900 } } });
const { api } = here;
let page: Page;
const world = { pipeline: '', runs: ['', ''], shared: '' };

beforeAll(async () => {
  page = await here.newPage();
  const stages = [
    { name: 'Fetch', type: 'echo' },
    { name: 'Match', type: 'fail', retry: { maxAttempts: 2, initialSeconds: 1, jitter: 0 } },
    { name: 'Post', type: 'echo' },
  ];
  const dependencies = [
    { from: 0, to: 1 },
    { from: 1, to: 2 },
  ];
  const { id } = await api('/pipelines', { name: 'Reconcile', stages, dependencies });
  world.pipeline = id;
  const start = async () => (await api(`/pipelines/${id}/execute`, { input_data: { n: 1 } })).id;
  world.runs = [await start(), await start()];
  world.shared = await shareFiles();
  for (const run of world.runs)
    await vi.waitFor(async () => expect((await api(`/runs/${run}`)).status).toBe('failed'), POLL);
});

/** A run whose workspace stays open, with a file that was written three times. */
async function shareFiles(): Promise<string> {
  const stages = [{ name: 'Wait', type: 'done-by-nobody' }];
  const { id } = await api('/pipelines', { name: 'Shares files', stages });
  const run = await api(`/pipelines/${id}/execute`, { input_data: {} });
  const write = (path: string, content: string, base_version: number) =>
    api(`/runs/${run.id}/workspace/file`, { path, content, base_version }, 'PUT');
  await write('a.md', 'of no interest\n', 0);
  for (const [base, line] of ['first', 'second', 'third'].entries())
    await write('b.md', `${line} line\n`, base);
  return run.id;
}

/** What the controls of the page stand at, and what is open on it. */
const readState = () =>
  page.evaluate(() => {
    const nameOf = (element: Element): string =>
      element.getAttribute('aria-label') ??
      document.getElementById(element.getAttribute('aria-labelledby') ?? '')?.textContent ??
      element.textContent ??
      '';
    // What is said of an action is a dialog too, and goes by itself.
    const all = (selector: string) =>
      [...document.querySelectorAll(selector)].filter((each) =>
        each.closest('main, [role=dialog]:not([data-type])'),
      );
    const on = all(
      [
        '[aria-checked=true]',
        '[aria-pressed=true]',
        '[aria-selected=true]',
        '[aria-expanded=true]',
        '[aria-current]',
      ].join(),
    ).map((each) => `${each.getAttribute('role') ?? each.tagName} ${nameOf(each)}`);
    const chosen = all('[role=combobox]:not(input)').map((each) => `${nameOf(each)}: ${each.textContent}`);
    const typed = all('input:not([type=checkbox]):not([aria-hidden])').map(
      (each) => `${nameOf(each)}= ${(each as HTMLInputElement).value}`,
    );
    const open = all('[role=dialog] h2, [role=dialog][aria-label]').map((each) => `open ${nameOf(each)}`);
    // How long ago something was goes on by itself.
    const texts = [...on, ...chosen, ...typed, ...open].map((text) =>
      text.replaceAll(/\d+ \w+ ago|just now/g, ''),
    );
    return [...new Set(texts)].sort();
  });

interface Place {
  path(): string;
  /** By what is on the page. */
  set(): Promise<unknown>;
  /** What stands in the address then. */
  address: RegExp;
  /** All of it is there when this is. */
  shows(): Locator;
}

const press = (name: string | RegExp, role: 'button' | 'switch' | 'tab' = 'button') =>
  page.getByRole(role, { name, ...(typeof name === 'string' ? { exact: true } : {}) }).click();
async function choose(name: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}
const run = (tab = '') => `/runs/${world.runs[0]}${tab}`;

const PLACES: Record<string, Place> = {
  'the timeline of a run': {
    path: () => run(),
    async set() {
      await press('Show the attempts of Match');
      await press('Critical path', 'switch');
      await press('Fold idle time', 'switch');
      await press('Only failed', 'switch');
      await press('Look closer');
    },
    address: /(?=.*open=match)(?=.*critical=true)(?=.*fold=false)(?=.*failed=true)(?=.*zoom=\d+~\d+)/,
    shows: () => page.getByRole('button', { name: /^Attempt 2/ }),
  },
  'the stage that is looked into': {
    path: () => run('?tab=attempts'),
    set: async () => {
      await press('Timeline', 'tab');
      await page.getByRole('button', { name: /^Match/ }).click();
    },
    address: /stage=match/,
    shows: () => page.getByRole('dialog', { name: 'Match' }).getByText('FAILED_ON_PURPOSE').first(),
  },
  'the log of a run': {
    path: () => run('?tab=logs'),
    async set() {
      await page.getByRole('group', { name: 'Level' }).getByRole('button', { name: 'Info' }).click();
      await choose('Stage', 'Fetch');
      await page.getByRole('searchbox', { name: 'Find in the log' }).fill('demonstration');
    },
    address: /(?=.*tab=logs)(?=.*level=info)(?=.*in=fetch)(?=.*find=demonstration)/,
    shows: () => page.getByText('This is a demonstration stage: it returns its input.'),
  },
  'the events of a run': {
    path: () => run(),
    async set() {
      await press('Events', 'tab');
      await press('JSON');
    },
    address: /(?=.*tab=events)(?=.*events=json)/,
    shows: () => page.getByRole('region', { name: 'Events' }).getByText('"seq": 1,'),
  },
  'a version of a file in a workspace, beside another': {
    path: () => `/runs/${world.shared}`,
    async set() {
      await press('Workspace', 'tab');
      await press(/b\.md/);
      await press('History');
      await press(/^v2/);
      await choose('Compared with', 'version 3');
    },
    address: /(?=.*tab=workspace)(?=.*file=b\.md)(?=.*as=history)(?=.*version=2)(?=.*against=3)/,
    shows: () => page.getByRole('region', { name: 'From version 2 to version 3' }).getByText('+ third line'),
  },
  'two runs side by side': {
    path: () => `/runs/compare?a=${world.runs[0]}&b=${world.runs[1]}`,
    async set() {
      await press('Swap');
      await expect.poll(() => page.url(), POLL).toContain(`a=${world.runs[1]}`);
      await page
        .getByRole('grid', { name: 'Stages' })
        .getByRole('row', { name: /^Fetch/ })
        .click();
    },
    address: /stage=fetch/,
    shows: () => page.getByRole('dialog', { name: 'Outputs of Fetch' }),
  },
  'the agents': {
    path: () => '/agents',
    async set() {
      await page.getByRole('searchbox').fill('builtin-e');
      await page
        .getByRole('group', { name: 'State' })
        .getByRole('button', { name: /^Online/ })
        .click();
      await choose('Group by', 'By capability');
      await press('Table');
    },
    address: /(?=.*q=builtin-e)(?=.*state=online)(?=.*group=capability)(?=.*view=table)/,
    shows: () => page.getByRole('heading', { name: /^echo/ }),
  },
  analytics: {
    path: () => '/analytics',
    async set() {
      await press(/^Range of time/);
      await press('Last 7 days');
      await press('Compare with the time before', 'switch');
      await press('Stages', 'tab');
    },
    address: /(?=.*range=7d)(?=.*compare=false)(?=.*tab=stages)/,
    shows: () => page.getByRole('button', { name: 'Range of time: last 7 days' }),
  },
  'an entry of the audit': {
    path: () => '/audit',
    async set() {
      await press('Filter');
      await page.getByRole('menuitem', { name: 'Action' }).click();
      await page.getByRole('textbox', { name: 'Action' }).fill('pipeline.created');
      await press('Apply');
      const rows = page.getByRole('grid', { name: 'Audit' }).getByRole('row', { name: /pipeline\.created/ });
      await expect.poll(() => rows.count(), POLL).toBe(2);
      await rows.last().getByRole('gridcell').first().click();
    },
    address: /(?=.*action=pipeline\.created)(?=.*entry=\d+)/,
    shows: () =>
      page
        .getByRole('dialog', { name: /^pipeline\.created · \d+$/ })
        .getByText('After')
        .first(),
  },
  'the list of pipelines': {
    path: () => '/pipelines',
    async set() {
      await page.getByRole('searchbox').fill('Recon');
      await expect.poll(() => page.url(), POLL).toContain('q=Recon');
    },
    address: /q=Recon/,
    shows: () => page.getByRole('link', { name: 'Reconcile', exact: true }),
  },
  'the editor, its text beside it, a stage and a run': {
    path: () => `/pipelines/${world.pipeline}/edit`,
    async set() {
      await page.locator('.react-flow__node').first().waitFor();
      await press('Run');
      await page.getByRole('dialog').getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByRole('status', { name: 'In the run' }).getByText('Failed').waitFor();
      await page.getByRole('button', { name: 'Outline', exact: true }).first().click();
      await press('YAML');
      await page.locator('.react-flow__node').getByText('Fetch', { exact: true }).click();
      await saved(page);
    },
    address: /(?=.*side=outline)(?=.*yaml=true)(?=.*run=run_)(?=.*at=stage:fetch)/,
    shows: () => page.getByRole('textbox', { name: 'YAML of the pipeline' }).getByText('fetch').first(),
  },
};

beforeEach(() => page.goto('about:blank'));

test.each(Object.entries(PLACES))(
  '%s: what is set stands in the address, and is there after a reload',
  async (_, place) => {
    await page.goto(here.origin + place.path());
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await place.set();
    await expect.poll(() => page.url(), POLL).toMatch(place.address);
    await place.shows().waitFor();
    const address = page.url();
    // What lists and agents say of themselves may still be on its way.
    await page.waitForLoadState('networkidle');
    const was = await readState();
    expect(was.length).toBeGreaterThan(0);
    await page.reload();
    await place.shows().waitFor();
    await expect.poll(readState, POLL).toEqual(was);
    expect(page.url()).toBe(address);
  },
);
