import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { addByKeys, editInTwo, openDraft, publish, readDraft, saved } from '../stack/editor.ts';
import { provideInstallation } from '../stack/installation.ts';
import { atRest, boxOf, drag, middleOf, type Point } from '../stack/mouse.ts';

const SLOW = { timeout: 30_000 };
const BREATH = '.react-flow__pane';

const here = provideInstallation({ window: { viewport: { width: 1440, height: 900 } } });
const { api, newPage } = here;

const node = (page: Page, key: string) => page.locator(`.react-flow__node[data-id="stage:${key}"]`);
const problems = (page: Page) => page.getByRole('region', { name: 'Problems' });
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
const dialog = (page: Page, name: string | RegExp) => page.getByRole('dialog', { name });

async function placesOf(page: Page): Promise<Record<string, Point>> {
  const { stages } = (await readDraft(page)).document;
  return Object.fromEntries(stages.map(({ key, ui }) => [key, ui as Point]));
}

/** By keys of lists: a choice of the panel. */
async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name: label, exact: true }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

const ROW = [
  { key: 'a', type: 'echo', ui: { x: 0, y: 0 } },
  { key: 'b', type: 'echo', ui: { x: 280, y: 40 } },
  { key: 'c', type: 'echo', ui: { x: 560, y: 200 } },
  { key: 'd', type: 'echo', ui: { x: 840, y: 240 } },
];
const CHAIN = [
  { from: 'a', to: 'b' },
  { from: 'b', to: 'c' },
  { from: 'c', to: 'd' },
];

test('a capability is dragged to where it shall stand, a wire that is dropped on nothing offers what fits, and what is wrong is led to', async () => {
  const page = await newPage();
  await openDraft(page, here, { name: 'By drag' });
  const pane = page.locator(BREATH);
  const { x: left, y: top } = await boxOf(pane);
  const item = page.getByRole('button', { name: /^transformation \d/ });
  await item.dragTo(pane, { targetPosition: { x: 200, y: 160 } });
  await node(page, 'transformation').waitFor();
  const dropped = await middleOf(node(page, 'transformation'));
  expect(Math.abs(dropped.x - left - 200)).toBeLessThan(15);
  expect(Math.abs(dropped.y - top - 160)).toBeLessThan(15);

  const source = node(page, 'transformation').locator('.source');
  await drag(page, await middleOf(source), { x: left + 430, y: top + 330 });
  const add = dialog(page, 'After transformation');
  await add.getByRole('option').first().waitFor();
  const offered = await add.getByRole('option').allTextContents();
  const fit = offered.map((text) => text.includes('fits, '));
  expect(offered.find((text) => text.startsWith('analysis'))).toContain('fits, ');
  expect(offered.find((text) => text.startsWith('echo'))).not.toContain('fits, ');
  expect(fit.indexOf(false), offered.join()).toBe(fit.filter(Boolean).length);
  await page.keyboard.type('analysis');
  await page.keyboard.press('Enter');
  await node(page, 'analysis').waitFor();
  await page.locator('.react-flow__edge').waitFor({ state: 'attached' });
  await saved(page);
  const drawn = (await readDraft(page)).document;
  expect(drawn.dependencies).toEqual([{ from: 'transformation', to: 'analysis' }]);

  // Into the wire, where it is dropped on one.
  await page.keyboard.press('Control+a');
  await page.keyboard.press('1');
  await atRest(node(page, 'analysis'));
  const [one, other] = [await middleOf(node(page, 'transformation')), await middleOf(node(page, 'analysis'))];
  const between = { x: (one.x + other.x) / 2 - left, y: (one.y + other.y) / 2 - top };
  await page.getByRole('button', { name: /^validation \d/ }).dragTo(pane, { targetPosition: between });
  await node(page, 'validation').waitFor();
  await saved(page);
  expect((await readDraft(page)).document.dependencies).toEqual([
    { from: 'transformation', to: 'validation' },
    { from: 'validation', to: 'analysis' },
  ]);

  // A condition that reads a stage that is not there.
  await heading(page, 'validation');
  await page.getByRole('textbox', { name: 'Only if' }).click();
  await page.keyboard.insertText('stages.nobody.output.ok == true');
  await problems(page)
    .getByRole('button', { name: /1 error/ })
    .waitFor();
  for (const [button, go] of [
    ['Publish', 'Publish'],
    ['Run', 'Publish and run'],
  ] as const) {
    await page.getByRole('button', { name: button, exact: true }).click();
    const refusal = dialog(page, /^Publish version 1/);
    await refusal.getByText('1 error must be mended first.').waitFor();
    expect(await refusal.getByRole('button', { name: go, exact: true }).isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
    await refusal.waitFor({ state: 'detached' });
  }
  await page.locator(BREATH).click({ position: { x: 20, y: 20 } });
  await heading(page, 'Pipeline');
  await problems(page)
    .getByRole('button', { name: /1 error/ })
    .click();
  await problems(page).getByRole('listitem').getByText('nobody').first().click();
  await heading(page, 'validation');
  await page.locator('.cm-content:focus[aria-label="Only if"]').waitFor();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await problems(page).getByRole('button', { name: /error/ }).waitFor({ state: 'detached' });
  await page.close();
});

test('things are tidied, marked, aligned, grouped by mouse and by keys, folded, told as text, and all of it is undone', async () => {
  const page = await newPage();
  await openDraft(page, here, { name: 'Arranged', stages: ROW, dependencies: CHAIN });
  const before = (await readDraft(page)).document;
  const undoAll = async () => {
    const undo = page.getByRole('button', { name: 'Undo', exact: true });
    let steps = 0;
    for (; await undo.isEnabled(); steps++) await undo.click();
    await expect.poll(async () => (await readDraft(page)).document, SLOW).toEqual(before);
    return steps;
  };

  await page.getByRole('button', { name: 'Tidy up' }).click();
  await expect.poll(async () => (await placesOf(page)).c?.y, SLOW).not.toBe(200);
  const tidy = await placesOf(page);
  expect(new Set(Object.values(tidy).map(({ y }) => y)).size, 'a row').toBe(1);
  await page.keyboard.press('Control+z');
  await expect.poll(async () => (await readDraft(page)).document, SLOW).toEqual(before);

  // A marquee around the first two.
  const around = async (first: string, last: string) => {
    const [from, to] = [await boxOf(node(page, first)), await boxOf(node(page, last))];
    const end = { x: to.x + to.width + 12, y: Math.max(from.y + from.height, to.y + to.height) + 12 };
    await drag(page, { x: from.x - 14, y: Math.min(from.y, to.y) - 14 }, end);
  };
  await around('a', 'b');
  await heading(page, '2 things selected');
  await page.getByRole('button', { name: 'Align top edges' }).click();
  await expect.poll(async () => (await placesOf(page)).b, SLOW).toEqual({ x: 280, y: 0 });
  await page.getByRole('button', { name: 'Group the stages' }).click();
  await page.getByRole('button', { name: 'Fold Group' }).click();
  await page.getByRole('group', { name: 'Group Group, 2 stages, folded' }).waitFor();
  expect(await node(page, 'a').count()).toBe(0);
  await saved(page);
  const { ui } = (await readDraft(page)).document;
  expect(ui).toMatchObject({ groups: [{ stages: ['a', 'b'], collapsed: true }] });
  await page.getByRole('button', { name: 'Unfold Group' }).click();
  await node(page, 'a').waitFor();

  // Two of four by keys alone: one on the canvas, one in the outline.
  await page.keyboard.press('Escape');
  await node(page, 'c').focus();
  await page.keyboard.press('Shift+Enter');
  await heading(page, 'c');
  await page.getByRole('button', { name: 'Outline' }).last().focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'b', exact: true }).focus();
  await page.keyboard.press('Shift+Enter');
  await page.getByRole('button', { name: 'd', exact: true }).focus();
  await page.keyboard.press('Shift+Enter');
  await heading(page, '3 things selected');
  await page.getByRole('button', { name: 'b', exact: true }).focus();
  await page.keyboard.press('Shift+Enter');
  await heading(page, '2 things selected');
  await page.keyboard.press('g');
  await saved(page);
  const { ui: grouped } = (await readDraft(page)).document;
  expect(grouped).toMatchObject({ groups: [{ stages: ['a', 'b'] }, { stages: ['c', 'd'] }] });
  const extras = page.getByRole('list', { name: 'Notes and groups' });
  await expect.poll(() => extras.getByRole('button', { name: /^Group Group, 2 stages/ }).count()).toBe(2);
  await page.keyboard.press('?');
  await dialog(page, 'Keys').getByText('Add to what is selected, or take from it').waitFor();
  await page.keyboard.press('Escape');
  await dialog(page, 'Keys').waitFor({ state: 'detached' });

  // When a wire is taken, by hand; seen again after a reload.
  await page.getByRole('list', { name: 'Connections of b' }).getByRole('button').click();
  await heading(page, 'Connection');
  await choose(page, 'It is taken', 'On failure');
  await choose(page, 'It is taken', 'When an expression is true');
  await page.getByRole('textbox', { name: 'Expression' }).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('stages.b.output.n > 3');
  await saved(page);
  expect((await readDraft(page)).document.dependencies?.[1]).toEqual({
    ...CHAIN[1],
    when: { expression: 'stages.b.output.n > 3' },
  });
  const drawn = (await readDraft(page)).document;
  await page.reload();
  await heading(page, 'Connection');
  await page.getByRole('textbox', { name: 'Expression' }).getByText('stages.b.output.n > 3').waitFor();
  await page.getByTitle('stages.b.output.n > 3').first().waitFor();
  expect((await readDraft(page)).document).toEqual(drawn);

  // Undone is what this tab has done: from here on that is the start.
  Object.assign(before, drawn);
  await page.getByRole('button', { name: 'YAML' }).click();
  const text = page.getByRole('textbox', { name: 'YAML of the pipeline' });
  await text.getByText('key: a').waitFor();
  await text.click();
  await page.keyboard.press('Control+a');
  const typed = { ...drawn, stages: [...drawn.stages, { key: 'typed', type: 'sleep' }] };
  await page.keyboard.insertText(JSON.stringify(typed));
  await node(page, 'typed').waitFor();
  await page.locator(BREATH).click({ position: { x: 10, y: 10 } });
  for (const name of ['First', 'Second'] as const) {
    await node(page, 'typed').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
    await text.getByText(`name: ${name}`).waitFor();
    await page.locator(BREATH).click({ position: { x: 10, y: 10 } });
  }
  await node(page, 'a').focus();
  await page.keyboard.press('Enter');
  // Twenty of all kinds from here: moves, notes, copies, groups, wires, names and what is taken away.
  for (const key of [
    'n',
    'Control+d',
    'ArrowUp',
    'n',
    'ArrowLeft',
    'Control+d',
    'g',
    'n',
    'Shift+ArrowRight',
    'n',
    'Control+d',
  ]) {
    await page.keyboard.press(key);
    await node(page, 'b').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
  }
  await page.keyboard.press('Delete');
  await node(page, 'b').waitFor({ state: 'detached' });
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await saved(page);
  expect((await readDraft(page)).document.stages).toEqual([]);
  expect(await undoAll()).toBeGreaterThanOrEqual(20);
  await page.close();
});

test('a dry run says who would take what; what is published is run, followed, run again from a stage, compared and brought back', async () => {
  const page = await newPage();
  const id = await openDraft(page, here, {
    name: 'Lived',
    stages: [...ROW.slice(0, 3), { key: 'd', type: 'of-nobody', ui: { x: 840, y: 240 } }],
    dependencies: CHAIN,
  });
  await page.getByRole('button', { name: 'Find a stage' }).focus();
  await page.keyboard.press('d');
  const dry = dialog(page, 'Dry run');
  await dry.getByRole('row', { name: /^a echo builtin-echo/ }).waitFor();
  await dry.getByRole('row', { name: /^d of-nobody nobody just now/ }).waitFor();
  expect(await dry.getByRole('row').count()).toBe(5);
  await page.keyboard.press('Escape');
  await dry.waitFor({ state: 'detached' });

  await node(page, 'd').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('combobox', { name: 'Capability' }).fill('sleep');
  await saved(page);
  await publish(page, 'As it was at first');
  const first = (await readDraft(page)).document;
  const where = () =>
    page
      .locator('.react-flow__node')
      .evaluateAll((all) => all.map((each) => (each as HTMLElement).style.transform));
  const stood = await where();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  // Nothing is sent while a field holds what cannot be read: it would not be what the field shows.
  const started = dialog(page, 'Run version 1');
  const run = started.getByRole('button', { name: 'Run', exact: true });
  for (const [name, wrong, why] of [
    ['Input', '{"a": ', 'This is no JSON yet'],
    ['Parameters', '[1]', 'Parameters are a JSON object'],
  ] as const) {
    const field = started.getByRole('textbox', { name });
    await field.fill(wrong);
    await started.getByText(why).waitFor();
    expect(await run.isDisabled()).toBe(true);
    await field.fill('');
    await started.getByText(why).waitFor({ state: 'detached' });
  }
  await run.click();
  await page.getByRole('status', { name: 'In the run' }).getByText('Succeeded').waitFor();
  await node(page, 'd').getByText('Succeeded').waitFor();
  expect(await where(), 'live status moves nothing').toEqual(stood);

  await node(page, 'c').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Run from here' }).click();
  const from = dialog(page, 'Run from c?');
  await from.getByRole('button', { name: 'Run from here' }).click();
  await from.waitFor({ state: 'detached' });
  await page.getByRole('status', { name: 'In the run' }).getByText('Succeeded').waitFor();
  const followed = async () => new URL(page.url()).searchParams.get('run');
  const again = await api(`/runs/${await followed()}`);
  expect(again.replay_from).toBe('c');
  expect(await where()).toEqual(stood);

  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Clean');
  await saved(page);
  await publish(page, 'It has a name now');
  await node(page, 'd').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Delete');
  await node(page, 'd').waitFor({ state: 'detached' });
  await node(page, 'b').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+d');
  await saved(page);
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Versions' }).click();
  const versions = dialog(page, 'Versions');
  await versions.getByRole('button', { name: /^v2 It has a name now/ }).waitFor();
  await versions.getByRole('button', { name: /^v1 As it was at first/ }).click();
  const changes = versions.getByRole('list', { name: 'Changes' });
  await changes.getByText('c: name').waitFor();
  await changes.getByText('nothing → Clean').waitFor();
  await node(page, 'c').getByText('~ changed').waitFor();
  await page.locator('.react-flow__node').getByText('+ new').waitFor();
  const ghost = page.getByRole('group', { name: 'Stage d, which the draft has no longer' });
  await ghost.getByText('− removed').waitFor();
  await versions.getByRole('button', { name: 'Bring back into the draft' }).click();
  await changes.waitFor({ state: 'detached' });
  await versions.getByText('They say the same.').waitFor();
  await ghost.waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await expect.poll(async () => (await readDraft(page)).document, SLOW).toEqual({ format: 1, ...first });
  const notes = (await api(`/pipelines/${id}/versions`)).versions.map(({ note }: { note: string }) => note);
  expect(notes).toEqual(['It has a name now', 'As it was at first']);
  await page.close();
});

test('of two that edit one draft the second takes over what the first has saved', async () => {
  const { mine, theirs, conflict, close } = await editInTwo(here, 'Theirs is better');
  // Whoever leaves without an answer is asked again when they come back: theirs is newer, and mine is not gone.
  await mine.reload();
  await node(mine, 'sleep').waitFor();
  await conflict.waitFor();
  await conflict.getByRole('button', { name: 'Take theirs' }).click();
  await conflict.waitFor({ state: 'detached' });
  await node(mine, 'echo').waitFor();
  expect(await node(mine, 'sleep').count()).toBe(0);
  // And goes on from there.
  await addByKeys(mine, 'transformation');
  await saved(mine);
  expect((await readDraft(theirs)).document.stages.map(({ key }) => key)).toEqual(['echo', 'transformation']);
  await close();
});

test('who sees a part of many stages has a map of all, and goes elsewhere on it', async () => {
  const page = await newPage();
  const stages = Array.from({ length: 12 }, (_, at) => ({
    ...{ key: `s${at}`, type: 'echo', ui: { x: (at % 4) * 900, y: Math.floor(at / 4) * 500 } },
  }));
  await openDraft(page, here, { name: 'Wide', stages });
  await page.getByRole('button', { name: /^Zoom is/ }).click();
  const map = page.getByTestId('rf__minimap').or(page.locator('.react-flow__minimap'));
  await map.first().waitFor();
  const view = () =>
    page.locator('.react-flow__viewport').evaluate((each) => (each as HTMLElement).style.transform);
  const before = await view();
  const { x, y, width, height } = await boxOf(map.first());
  await drag(
    page,
    { x: x + width / 2, y: y + height / 2 },
    { x: x + width / 2 + 40, y: y + height / 2 + 20 },
  );
  await expect.poll(view, SLOW).not.toBe(before);
  await page.close();
});
