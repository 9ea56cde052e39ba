import { readFile } from 'node:fs/promises';
import type { Route } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { foretellComplaint } from '../stack/complaints.ts';
import { freshName } from '../stack/fresh-name.ts';
import { provideInstallation } from '../stack/installation.ts';
import { joinAs, type Person } from '../stack/people.ts';
import { findBarriersInBoth } from '../stack/watch-page.ts';

const here = provideInstallation({ isSignedIn: false });
const { api } = here;
let owner: Person;

beforeAll(async () => {
  owner = await joinAs(here, 'owner');
});

const SLOW = { timeout: 60_000 };
const HOSTILE = '<img src=x onerror=alert(1)>';

const FORM = {
  stages: [{ key: 'only', type: 'echo' }],
  inputSchema: {
    type: 'object',
    required: ['city'],
    properties: {
      city: { type: 'string', title: 'City' },
      days: { type: 'integer', title: 'Days' },
      unit: { enum: ['celsius', 'kelvin'] },
      limits: { type: 'object', title: 'Limits' },
    },
    examples: [{ city: 'Oslo', days: 3, unit: 'celsius', limits: { hours: 1 } }],
  },
};

test('the strip of a pipeline shows how its last runs went, and the numbers beside it say the same', async () => {
  const made = await api('/pipelines', {
    name: 'strips',
    tags: ['nightly', 'o', 'p', 'q', 'r'],
    stages: [{ name: 'a', type: 'echo' }],
  });
  const broken = await api('/pipelines', { name: HOSTILE, stages: [{ name: 'a', type: 'fail' }] });
  for (const id of [made.id, made.id, broken.id]) await api(`/pipelines/${id}/execute`, {});
  const { page } = owner;
  await page.goto(`${here.origin}/pipelines`);
  const row = page.getByRole('row', { name: /strips/ });
  await row.getByText('2 of 2').waitFor(SLOW);
  expect(
    await row
      .getByRole('list', { name: /last runs of strips/ })
      .getByRole('link')
      .count(),
  ).toBe(2);
  await page
    .getByRole('row', { name: /img src/ })
    .getByText('0 of 1')
    .waitFor(SLOW);
  // The strip is one stop of the tab key, and each of its columns can be hit.
  const bars = row.getByRole('list', { name: /last runs of strips/ }).getByRole('link');
  const stops = () => bars.evaluateAll((all) => all.map((each) => (each as HTMLElement).tabIndex));
  expect(await stops()).toEqual([-1, 0]);
  await bars.last().press('ArrowLeft');
  expect(await stops()).toEqual([0, -1]);
  expect(await bars.first().evaluate((bar) => bar === document.activeElement)).toBe(true);
  expect((await bars.first().boundingBox())?.height).toBeGreaterThanOrEqual(24);
  // What there is no room for is told, and chosen as well.
  await row.getByRole('button', { name: '2 more tags of strips' }).click();
  await page.getByRole('menuitem', { name: '#r' }).click();
  await expect.poll(() => page.url(), SLOW).toContain('tag=r');
  await row
    .getByRole('link', { name: /Succeeded/ })
    .first()
    .click();
  await page.waitForURL(/\/runs\/run_/, SLOW);
});

test('search, tag, star and archive narrow the list, stand in the address and outlive a reload', async () => {
  const { page } = owner;
  await page.goto(`${here.origin}/pipelines`);
  await page
    .getByRole('row', { name: /strips/ })
    .getByRole('button', { name: '#nightly' })
    .click();
  const rows = page.getByRole('grid', { name: 'Pipelines' }).getByRole('row');
  // With the head.
  await expect.poll(() => rows.count(), SLOW).toBe(2);
  expect(page.url()).toContain('tag=nightly');
  await page.getByRole('button', { name: 'Star strips', exact: true }).click();
  await page.getByRole('button', { name: 'No longer star strips' }).waitFor(SLOW);
  await page.goto(`${here.origin}/pipelines?starred=true`);
  await page.reload();
  await expect.poll(() => rows.count(), SLOW).toBe(2);
  await page.getByRole('searchbox').fill('nothing like it');
  await page.getByText('No pipeline matches').waitFor(SLOW);
  await page.getByRole('button', { name: 'Clear the filters' }).click();

  await page.getByRole('button', { name: 'What to do with strips' }).click();
  await page.getByRole('menuitem', { name: 'Duplicate' }).click();
  await page.getByText('strips (copy)', { exact: true }).waitFor(SLOW);
  await page.getByRole('button', { name: 'What to do with strips (copy)' }).click();
  await page.getByRole('menuitem', { name: 'Archive' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Archive' }).click();
  await page.getByText('strips (copy) is archived.').waitFor(SLOW);
  await page.getByRole('checkbox', { name: 'Archived' }).click();
  await page.getByRole('button', { name: 'What to do with strips (copy)' }).click();
  await page.getByRole('menuitem', { name: 'Bring back' }).click();
  await page.getByText('Nothing is archived').waitFor(SLOW);
});

test('a pipeline is run with a form of what it takes, filled in with its sample', async () => {
  const text = JSON.stringify(FORM);
  await api('/pipelines/import', { name: 'weather', text, format: 'json', publish: true });
  const { page } = owner;
  await page.goto(`${here.origin}/pipelines?q=weather`);
  await page.getByRole('button', { name: 'What to do with weather' }).click(SLOW);
  await page.getByRole('menuitem', { name: 'Run with input' }).click();
  const dialog = page.getByRole('dialog', { name: 'Run weather' });
  expect(await dialog.getByLabel('City').inputValue()).toBe('Oslo');
  expect(await findBarriersInBoth(page)).toEqual([]);
  await dialog.getByLabel('City').fill('Quito');
  await dialog.getByLabel('Days').fill('7');
  // What is no JSON is told at its field, and nothing is run on what stood there before.
  const start = dialog.getByRole('button', { name: 'Run', exact: true });
  await dialog.getByLabel('Limits').fill('{"hours": ');
  await dialog.getByText('This is no JSON').waitFor();
  expect(await start.isDisabled()).toBe(true);
  await dialog.getByLabel('City').fill('Lima');
  expect(await start.isDisabled()).toBe(true);
  await dialog.getByLabel('City').fill('Quito');
  await dialog.getByLabel('Limits').fill('{"hours": 2}');
  await dialog.getByRole('button', { name: 'JSON' }).click();
  const json = JSON.parse(await dialog.getByRole('textbox', { name: 'Input' }).inputValue());
  expect(json).toEqual({ city: 'Quito', days: 7, unit: 'celsius', limits: { hours: 2 } });
  await start.click();
  await page.waitForURL(/\/runs\/run_/, SLOW);
  const id = new URL(page.url()).pathname.split('/').at(-1);
  expect((await api(`/runs/${id}`)).input).toEqual(json);
});

test('where the panel comes without TLS it runs and copies as well, and what got no answer is the same run when it is pressed again', async () => {
  const name = freshName('plain');
  const text = JSON.stringify(FORM);
  const { id } = await api('/pipelines/import', { name, text, format: 'json', publish: true });
  const page = await owner.page.context().newPage();
  // What browsers keep from pages of another machine that come by plain HTTP.
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined });
    Object.defineProperty(Crypto.prototype, 'randomUUID', { value: undefined });
  });
  await page.goto(`${here.origin}/pipelines?q=${encodeURIComponent(name)}`);
  await page.getByRole('button', { name: `What to do with ${name}` }).click(SLOW);
  await page.getByRole('menuitem', { name: 'Run with input' }).click();
  const dialog = page.getByRole('dialog', { name: `Run ${name}` });
  const start = dialog.getByRole('button', { name: 'Run', exact: true });
  await dialog.getByLabel('City').waitFor(SLOW);
  // It is started, and the answer is lost on its way.
  const loseAnswer = async (route: Route) => {
    await route.fetch();
    await route.abort();
  };
  await page.route('**/pipelines.execute*', loseAnswer, { times: 1 });
  foretellComplaint(page, /ERR_FAILED/);
  await start.click();
  await dialog.getByRole('alert').waitFor(SLOW);
  await start.click();
  await page.waitForURL(/\/runs\/run_/, SLOW);
  expect((await api(`/runs?pipeline_id=${id}`)).runs).toHaveLength(1);

  await page.getByRole('button', { name: /^Copy run id/ }).click(SLOW);
  await page.getByText('Copied', { exact: true }).waitFor({ state: 'attached' });
  await page.close();
});

test('a text is imported with its problems shown before, and a template says what nobody can do', async () => {
  const { page } = owner;
  await page.goto(`${here.origin}/pipelines?new=import`);
  const dialog = page.getByRole('dialog', { name: 'New pipeline' });
  await dialog.getByLabel('Text').fill('stages:\n  - key: a\n   type: echo\n');
  await dialog.getByText('The text cannot be read:').waitFor(SLOW);
  await dialog
    .getByText(/line 3/)
    .first()
    .waitFor();
  await dialog.getByLabel('Text').fill('stages:\n  - key: a\n    type: echo\n');
  await dialog.getByText('can be published').waitFor(SLOW);
  await dialog.locator('input[type=file]').setInputFiles({
    ...{ name: 'from a file.json', mimeType: 'application/json' },
    buffer: Buffer.from(JSON.stringify(FORM)),
  });
  await expect.poll(() => dialog.getByLabel('Name').inputValue(), SLOW).toBe('from a file');
  await dialog.getByRole('checkbox', { name: 'Publish it at once' }).click();
  await dialog.getByRole('button', { name: 'Create and edit' }).click();
  await page.waitForURL(/\/pipelines\/pipe_\w+\/edit/, SLOW);

  await page.goto(`${here.origin}/pipelines?new=template`);
  await dialog.getByRole('radio').first().waitFor(SLOW);
  expect(await dialog.getByRole('radio').count()).toBeGreaterThanOrEqual(5);
  await dialog
    .getByText(/Nobody online can do/)
    .first()
    .waitFor();
  await dialog.getByRole('radio').first().click();
  expect(await dialog.getByLabel('Name').inputValue()).not.toBe('');
  expect(await findBarriersInBoth(page)).toEqual([]);
});

const RICH = {
  stages: [
    { key: 'read', type: 'echo', name: HOSTILE, ui: { x: 0, y: 0 } },
    { key: 'check', type: 'data-validation', config: { rules: [] }, ui: { x: 300, y: 0 } },
    {
      key: 'write',
      type: 'echo',
      retry: { maxAttempts: 7 },
      timeouts: { idleSeconds: 9 },
      ui: { x: 600, y: 0 },
    },
  ],
  dependencies: [
    { from: 'read', to: 'check' },
    { from: 'check', to: 'write', when: { expression: 'stages.check.output.valid' } },
  ],
  inputSchema: FORM.inputSchema,
  ui: {
    notes: [{ id: 'n1', text: 'yes: no\n- "on"', x: 0, y: 200, width: 200, height: 100 }],
    groups: [{ id: 'g1', title: 'Begin', stages: ['read', 'check'] }],
  },
};

test.each([
  ['YAML', 'yaml'],
  ['JSON', 'json'],
] as const)('what the menu exports as %s is the same pipeline when it is imported', async (kind, ending) => {
  const { page } = owner;
  const name = freshName(`taken along as ${kind}`);
  const { id } = await api('/pipelines/import', { name, format: 'json', text: JSON.stringify(RICH) });
  const draftOf = async (of: string) => (await api(`/pipelines/${of}/draft`)).document;
  await page.goto(`${here.origin}/pipelines?q=${encodeURIComponent(name)}`);
  await page.getByRole('button', { name: `What to do with ${name}` }).click(SLOW);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: `Export as ${kind}` }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(`${name.replaceAll(' ', '-')}.${ending}`);

  await page.goto(`${here.origin}/pipelines?new=import`);
  const dialog = page.getByRole('dialog', { name: 'New pipeline' });
  await dialog.locator('input[type=file]').setInputFiles({
    ...{ name: download.suggestedFilename(), mimeType: `application/${ending}` },
    buffer: await readFile(await download.path()),
  });
  await dialog.getByLabel('Name').fill(`${name}, again`);
  await dialog.getByRole('button', { name: 'Create and edit' }).click();
  await page.waitForURL(/\/pipelines\/pipe_\w+\/edit/, SLOW);
  const [made = ''] = /pipe_\w+/.exec(page.url()) ?? [];
  expect(made).not.toBe(id);
  expect(await draftOf(made)).toEqual({ format: 1, ...(await draftOf(id)) });
  expect(await draftOf(made)).toMatchObject(RICH);
});

test('a viewer sees all of it and is offered nothing to change; an operator may run', async () => {
  const viewer = await joinAs(here, 'viewer');
  const operator = await joinAs(here, 'operator');
  for (const { page } of [viewer, operator]) {
    await page.goto(`${here.origin}/pipelines?q=strips`);
    await page
      .getByRole('row', { name: /strips/ })
      .first()
      .waitFor(SLOW);
    expect(await page.getByRole('button', { name: 'New pipeline' }).count()).toBe(0);
  }
  expect(await viewer.page.getByRole('button', { name: 'Run with sample data' }).count()).toBe(0);
  await operator.page.getByRole('button', { name: 'Run with sample data' }).first().waitFor(SLOW);
  await viewer.page.getByRole('button', { name: /What to do with strips$/ }).click();
  const offered = viewer.page.getByRole('menuitem');
  await offered.first().waitFor();
  expect(await offered.allTextContents()).toEqual(['Open', 'Export as YAML', 'Export as JSON']);
});
