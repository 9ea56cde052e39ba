import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test, vi } from 'vitest';
import { provideInstallation } from '../stack/installation.ts';
import { joinAs } from '../stack/people.ts';
import { findBarriersInBoth } from '../stack/watch-page.ts';

const here = provideInstallation({ isSignedIn: false });
const { api } = here;
let owner: { page: Page };
let pipeline: string;
let failed: string;

const SLOW = { timeout: 60_000 };
const STAGES = [
  { name: 'Fetch', type: 'echo' },
  { name: 'Match', type: 'fail', retry: { maxAttempts: 1 } },
  { name: 'Post', type: 'echo' },
  { name: 'Paint', type: 'paint-by-hand' },
];
const WIRES = [
  { from: 0, to: 1 },
  { from: 1, to: 2 },
  { from: 2, to: 3 },
];

beforeAll(async () => {
  owner = await joinAs(here, 'owner');
  const made = await api('/pipelines', { name: 'Reconcile', stages: STAGES, dependencies: WIRES });
  pipeline = made.id;
  failed = (await api(`/pipelines/${pipeline}/execute`, { input_data: { invoice: 7 } })).id;
  await vi.waitFor(async () => expect((await api(`/runs/${failed}`)).status).toBe('failed'), {
    timeout: 60_000,
    interval: 300,
  });
});

test('the name in the list leads to the pipeline, and each number there to the runs behind it', async () => {
  const { page } = owner;
  await page.goto(`${here.origin}/pipelines`);
  await page.getByRole('link', { name: 'Reconcile', exact: true }).click(SLOW);
  await page.waitForURL(`**/pipelines/${pipeline}`, SLOW);
  await page.getByRole('link', { name: /Success.*0 of 1/ }).waitFor(SLOW);
  await page.getByText('Needs paint-by-hand, nobody offers it').waitFor(SLOW);
  await page.getByRole('region', { name: 'Graph' }).getByText('Match').waitFor(SLOW);
  expect(await findBarriersInBoth(page)).toEqual([]);
  await page.getByRole('link', { name: /^Success/ }).click();
  await page.waitForURL(`**/runs?pipeline=${pipeline}`, SLOW);
  const rows = page.getByRole('grid', { name: 'Runs' }).getByRole('row');
  // With the head.
  await expect.poll(() => rows.count(), SLOW).toBe(2);
});

test('versions say who published them and what each changed, and one is brought back', async () => {
  const { page } = owner;
  const { draft } = await api(`/pipelines/${pipeline}`);
  await page.goto(`${here.origin}/pipelines/${pipeline}?tab=versions`);
  await page.getByRole('table', { name: 'Versions' }).getByText('v1', { exact: true }).waitFor(SLOW);
  await page.getByRole('button', { name: 'Bring back into the draft' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Bring back into the draft' }).click();
  await page.getByText('The draft is what version 1 says.').waitFor(SLOW);
  expect((await api(`/pipelines/${pipeline}`)).draft.revision).toBeGreaterThan(draft.revision);
});

test('it is offered to models and withdrawn again', async () => {
  const { page } = owner;
  await page.goto(`${here.origin}/pipelines/${pipeline}?tab=sharing`);
  await page.getByLabel('Name of the tool').fill('reconcile', SLOW);
  await page.getByRole('button', { name: 'Offer as a tool' }).click();
  await page.getByText('Models call it as pipe_reconcile.').waitFor(SLOW);
  await page.getByRole('button', { name: 'No longer offer it' }).click();
  await page.getByText('It is not offered to models.').waitFor(SLOW);
});

test('the graph of a run shows how each stage did; a click and the keys open stages', async () => {
  const { page } = owner;
  await page.goto(`${here.origin}/runs/${failed}?tab=graph`);
  const graph = page.getByRole('region', { name: 'Graph of the run' });
  await graph.getByText('Match').waitFor(SLOW);
  expect(await page.getByRole('list', { name: 'States of the stages' }).textContent()).toMatch(/Failed1/);
  await graph.getByText('Match').click();
  await page
    .getByRole('dialog', { name: 'Match' })
    .getByText('This stage fails on purpose.')
    .first()
    .waitFor(SLOW);
  expect(page.url()).toMatch(/stage=/);
  await page.reload();
  await page.getByRole('dialog', { name: 'Match' }).waitFor(SLOW);
  await graph.getByText('Match').waitFor(SLOW);
  await page.keyboard.press('ArrowLeft');
  await page.getByRole('dialog', { name: 'Fetch' }).waitFor(SLOW);
  await page.keyboard.press('ArrowRight');
  await page.getByRole('dialog', { name: 'Match' }).waitFor(SLOW);
  await page.keyboard.press('Escape');
  await expect.poll(() => page.getByRole('dialog', { name: 'Match' }).count(), SLOW).toBe(0);
});

/** Where each stage stands, by its name for screen readers. */
const readPlaces = (page: Page) =>
  page.locator('[role=group][data-id^="stage:"]').evaluateAll((stages) =>
    stages.map((stage) => {
      const { x, y, width } = stage.getBoundingClientRect();
      return [stage.getAttribute('aria-label'), Math.round(x), Math.round(y), Math.round(width)];
    }),
  );

test('a graph is a picture until the pointer or the focus comes to it, and the canvas then stands where it stood', async () => {
  const { page } = owner;
  const canvas = page.locator('.react-flow__node');
  await page.mouse.move(2, 2);
  await page.goto(`${here.origin}/pipelines/${pipeline}`);
  const graph = page.getByRole('region', { name: 'Graph' });
  await graph.getByText('Match').waitFor(SLOW);
  const places = await readPlaces(page);
  expect(places).toHaveLength(STAGES.length);
  expect(await canvas.count()).toBe(0);
  await graph.hover({ position: { x: 20, y: 20 } });
  await canvas.first().waitFor(SLOW);
  expect(await readPlaces(page)).toEqual(places);

  await page.mouse.move(2, 2);
  await page.reload();
  await graph.getByText('Match').waitFor(SLOW);
  expect(await canvas.count()).toBe(0);
  await graph.getByRole('group', { name: /^Stage Fetch/ }).focus();
  await canvas.first().waitFor(SLOW);
  const focused = page.locator('.react-flow__node:focus');
  await expect.poll(() => focused.getAttribute('aria-label'), SLOW).toMatch(/^Stage Fetch/);
  await page.keyboard.press('Enter');
  await page.waitForURL(/stage=/, SLOW);
});

test('what a button of the picture asks for is done once the canvas is there', async () => {
  const { page } = owner;
  await page.mouse.move(2, 2);
  await page.goto(`${here.origin}/runs/${failed}?tab=graph`);
  const graph = page.getByRole('region', { name: 'Graph of the run' });
  const zoom = graph.getByRole('button', { name: /^Zoom is/ });
  await zoom.waitFor(SLOW);
  const before = await zoom.textContent();
  await graph.getByRole('button', { name: 'Zoom in' }).press('Enter');
  await page.locator('.react-flow').waitFor(SLOW);
  await expect.poll(() => zoom.textContent(), SLOW).not.toBe(before);
});

test('a stage is run alone from the editor, and the run says so', async () => {
  const { page } = owner;
  const { version } = await api(`/pipelines/${pipeline}`);
  const key = version.graph.stages[1].key;
  await page.goto(`${here.origin}/pipelines/${pipeline}/edit?at=stage:${key}`);
  await page.getByRole('button', { name: 'Run only this' }).click(SLOW);
  const dialog = page.getByRole('dialog', { name: `Run only ${key}?` });
  await dialog.getByRole('button', { name: 'Run only this' }).click(SLOW);
  await page.getByRole('link', { name: 'Open the run' }).click(SLOW);
  await page.getByText(`only ${key}`).waitFor(SLOW);
  const { runs } = await api(`/runs?pipeline_id=${pipeline}&trigger=stage`);
  expect(runs).toHaveLength(1);
});

test('a view is shared with the organisation: all see it, and a viewer cannot take it away', async () => {
  const { page } = owner;
  await page.goto(`${here.origin}/runs?status=failed`);
  await page.getByRole('button', { name: 'Save view' }).click(SLOW);
  const dialog = page.getByRole('dialog', { name: 'Save what is shown as a view' });
  await dialog.getByLabel('Name').fill('broken ones');
  await dialog.getByRole('checkbox', { name: 'For everybody in the organisation' }).click();
  await dialog.getByRole('button', { name: 'Save view' }).click();
  await page.getByText('The view is saved').waitFor(SLOW);
  const viewer = await joinAs(here, 'viewer');
  await viewer.page.goto(`${here.origin}/runs`);
  await viewer.page.getByRole('button', { name: /broken ones.*Shared by Somebody who is owner/ }).click(SLOW);
  await viewer.page.waitForURL(/status=failed/, SLOW);
  expect(await viewer.page.getByRole('button', { name: 'Remove the view broken ones' }).count()).toBe(0);
});

interface Told {
  seq: number;
  event: { task?: number };
}

test('events are read in the order of stages, as one text, and taken along', async () => {
  const { page } = owner;
  const run = failed;
  const { events }: { events: Told[] } = await api(`/runs/${run}/events?limit=1000`);
  await page.goto(`${here.origin}/runs/${run}?tab=events`);
  const table = page.getByRole('grid', { name: 'Events' });
  await expect.poll(() => table.getAttribute('aria-rowcount'), SLOW).toBe(String(events.length + 1));
  const order = page.getByRole('group', { name: 'Order' });
  await order.getByRole('button', { name: 'By stage' }).click();
  // The headings of stages have none.
  const numbers = () =>
    table
      .getByRole('row')
      .evaluateAll((rows) => rows.slice(1).flatMap((row) => Number(row.firstChild?.textContent) || []));
  const placeOf = ({ event }: Told) => event.task ?? -1;
  const byStage = events.toSorted((a, b) => placeOf(a) - placeOf(b) || a.seq - b.seq).map(({ seq }) => seq);
  expect(byStage).not.toEqual(events.map(({ seq }) => seq));
  await expect.poll(numbers, SLOW).toEqual(byStage);
  await order.getByRole('button', { name: 'JSON' }).click();
  await page.getByRole('region', { name: 'Events' }).getByText('"seq": 1,').waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download the events' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(`${run}-events.json`);
  expect(JSON.parse(await readFile(await download.path(), 'utf8'))).toEqual(events);
});

/** Of so many bytes a page shows nothing unasked. */
const LARGE = 300_000;

test('what is large is told with its size, and loaded when somebody asks for it', async () => {
  const text = `begin ${'x'.repeat(LARGE)}`;
  const { page } = owner;
  const { id } = await api(`/pipelines/${pipeline}/execute`, { input_data: { text } });
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('/objects/')) asked.push(request.url());
  });
  await page.goto(`${here.origin}/runs/${id}?tab=data`);
  await page.getByText(/^This is .*B\. It is loaded only when you ask for it\./).waitFor();
  expect(asked).toEqual([]);
  await page.getByRole('button', { name: 'Load it' }).click();
  await page
    .getByText(/"text": "begin xxx/)
    .first()
    .waitFor();
  expect(asked).toHaveLength(1);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: /^Download / }).click(),
  ]);
  expect(JSON.parse(await readFile(await download.path(), 'utf8'))).toEqual({ text });
});

test('Ctrl+P on any tab of a run prints its whole report', async () => {
  const { page } = owner;
  await page.goto(`${here.origin}/runs/${failed}?tab=events`);
  await page.getByRole('grid', { name: 'Events' }).waitFor(SLOW);
  // What would be on paper at the moment at which the browser prints.
  await page.evaluate(() => {
    window.print = () => Object.assign(window, { printed: document.querySelector('main')?.textContent });
  });
  await page.keyboard.press('Control+p');
  const printed = () => page.evaluate(() => (window as { printed?: string }).printed);
  await expect.poll(printed, SLOW).toContain('"invoice": 7');
  expect(await printed()).toContain('This stage fails on purpose.');
});

test('the report of a run is printed whole and without the frame of the panel', async () => {
  const { page } = owner;
  await page.goto(`${here.origin}/runs/${failed}?tab=report`);
  await page.getByText('"invoice": 7').first().waitFor(SLOW);
  await page.emulateMedia({ media: 'print' });
  for (const [role, name] of [
    ['link', 'Pipelines'],
    ['tab', 'Timeline'],
    ['button', 'Replay'],
    ['navigation', 'Breadcrumb'],
  ] as const)
    expect(await page.getByRole(role, { name }).filter({ visible: true }).count(), name).toBe(0);
  for (const text of ['Match', 'This stage fails on purpose.', '"invoice": 7', failed])
    expect(await page.getByText(text).filter({ visible: true }).count(), text).toBeGreaterThan(0);
  const paper = await page.pdf({ format: 'A4' });
  expect(paper.subarray(0, 5).toString()).toBe('%PDF-');
  await page.emulateMedia({ media: 'screen' });
});
