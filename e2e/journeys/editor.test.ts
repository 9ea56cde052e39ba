import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { foretellComplaint } from '../stack/complaints.ts';
import { addByKeys, editInTwo, openDraft, readDraft, saved } from '../stack/editor.ts';
import { freshName } from '../stack/fresh-name.ts';
import { provideInstallation } from '../stack/installation.ts';
import { cancelOpenRuns } from '../stack/open-runs.ts';
import { joinAs } from '../stack/people.ts';
import { findBarriers } from '../stack/watch-page.ts';

const SLOW = { timeout: 60_000 };

const window = { permissions: ['clipboard-read', 'clipboard-write'], viewport: { width: 1440, height: 900 } };
const here = provideInstallation({ window });
const { api, newPage } = here;

const CIRCLE = {
  stages: [
    { key: 'a', type: 'echo' },
    { key: 'b', type: 'echo' },
  ],
  dependencies: [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'a' },
  ],
};
const CLIPPED_CIRCLE = { signalbox: 'stages', version: 1, ...CIRCLE, notes: [], groups: [] };
const IN_A_CIRCLE = 'These stages depend on each other in a circle: a, b.';

describe('the canvas', () => {
  test('a wire is drawn; one that would close a circle is refused by mouse, by keys and from the clipboard; undo goes back to the start', async () => {
    const page = await newPage();
    await openDraft(page, here, { name: 'By mouse' });
    await page.getByRole('button', { name: 'echo 1 agent' }).click();
    await page.locator('.react-flow__node').first().waitFor();
    await page.locator('.react-flow__pane').click({ position: { x: 30, y: 60 } });
    await page.getByRole('button', { name: 'sleep 1 agent' }).click();
    await page.locator('.react-flow__node').nth(1).waitFor();
    await page.keyboard.press('1');
    const drag = async (from: string, to: string) => {
      const [start, end] = [
        page.locator(`[data-id="stage:${from}"] .source`),
        page.locator(`[data-id="stage:${to}"] .target`),
      ];
      await start.hover();
      await page.mouse.down();
      await end.hover({ force: true });
      await page.mouse.move(...(await middle(end)), { steps: 5 });
      return () => page.mouse.up();
    };
    const middle = async (handle: ReturnType<Page['locator']>): Promise<[number, number]> => {
      const box = await handle.boundingBox();
      return [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2];
    };
    await (await drag('echo', 'sleep'))();
    await page.locator('.react-flow__edge').waitFor({ state: 'attached' });
    const drop = await drag('sleep', 'echo');
    const hint = page.getByText('That would close a circle: echo → sleep → echo.');
    await hint.waitFor();
    await page.mouse.move(...(await middle(page.locator('[data-id="stage:sleep"]'))), { steps: 5 });
    await hint.waitFor({ state: 'detached' });
    // Over the middle of the stage, where it would be dropped just as well.
    await page.mouse.move(...(await middle(page.locator('[data-id="stage:echo"]'))), { steps: 5 });
    await hint.waitFor();
    await drop();
    expect(await page.locator('.react-flow__edge').count()).toBe(1);

    // By keys.
    await page.keyboard.press('Control+f');
    await page.getByRole('combobox', { name: 'Name, key or capability' }).fill('sleep');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'sleep', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Find a stage' }).focus();
    await page.keyboard.press('c');
    await page.getByRole('combobox', { name: 'Which stage follows?' }).fill('echo');
    await page.getByRole('option', { name: /That would close a circle: echo → sleep → echo/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // From the clipboard, by somebody who has written it by hand.
    await page.evaluate((text) => navigator.clipboard.writeText(text), JSON.stringify(CLIPPED_CIRCLE));
    await page.keyboard.press('Control+v');
    await page
      .getByRole('region', { name: 'Notifications' })
      .getByText('The stages in the clipboard depend on each other in a circle, by way of a.')
      .waitFor();
    expect(await page.locator('.react-flow__edge').count()).toBe(1);
    await saved(page);
    expect((await readDraft(page)).document.dependencies).toEqual([{ from: 'echo', to: 'sleep' }]);
    for (let entries = 0; entries < 3; entries++) await page.keyboard.press('Control+z');
    await page.getByText('Begin with a stage').waitFor();
    await expect.poll(async () => (await readDraft(page)).document.stages, { timeout: 30_000 }).toEqual([]);
    await page.close();
  });

  test('what is copied in one tab is pasted in another pipeline, and a reload shows all of it again', async () => {
    const page = await newPage();
    await openDraft(page, here, { name: 'Copied from' });
    await addByKeys(page, 'echo');
    await addByKeys(page, 'sleep');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Control+c');
    const other = await newPage();
    await openDraft(other, here, { name: 'Pasted into' });
    await other.bringToFront();
    await other.keyboard.press('Control+v');
    await other.locator('.react-flow__edge').waitFor({ state: 'attached' });
    await other.keyboard.press('n');
    await other.getByRole('group', { name: /^Note/ }).waitFor();
    // As wide as nobody can drag it by keyboard.
    await other.getByRole('textbox', { name: 'Width' }).fill('300');
    await saved(other);
    const before = await readDraft(other);
    expect(before.document).toMatchObject({
      stages: [{ key: 'echo' }, { key: 'sleep' }],
      dependencies: [{ from: 'echo', to: 'sleep' }],
      ui: { notes: [{ id: 'n1', width: 300 }] },
    });
    await other.reload();
    await other.getByRole('group', { name: /^Note/ }).waitFor();
    await other.getByRole('group', { name: /Stage sleep, sleep, 1 in/ }).waitFor();
    expect(await readDraft(other)).toEqual(before);
    await Promise.all([page.close(), other.close()]);
  });
});

test('of many stages seen from afar all wires are a line or two, also while one is dragged; who goes to a stage finds its own', async () => {
  const page = await newPage();
  const keys = Array.from({ length: 320 }, (_, at) => `s${String(at).padStart(3, '0')}`);
  const document = {
    stages: keys.map((key, at) => ({
      key,
      type: 'echo',
      ui: { x: (at % 40) * 300, y: Math.floor(at / 40) * 110 },
    })),
    dependencies: keys.slice(40).map((key, at) => ({ from: keys[at], to: key })),
  };
  await openDraft(page, here, { name: 'Many', ...document });
  const boxes = page.locator('.react-flow__node');
  const wires = page.locator('.react-flow__edge');
  const lines = page.locator('.far-wires path');
  await expect.poll(() => boxes.count(), SLOW).toBe(keys.length);
  await expect.poll(() => lines.count(), SLOW).toBe(1);
  expect(await wires.count()).toBe(0);

  const box = await page.locator('[data-id="stage:s100"]').boundingBox();
  const [x, y] = [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 30, y + 15, { steps: 6 });
  // Its own two have parted from the others.
  await expect.poll(() => lines.count(), SLOW).toBe(2);
  await page.mouse.up();
  await expect.poll(() => lines.count(), SLOW).toBe(1);
  await saved(page);
  const moved = (await readDraft(page)).document.stages.find(({ key }) => key === 's100');
  expect(moved?.ui).not.toEqual(document.stages[100]?.ui);

  await page.getByRole('button', { name: 'Outline' }).first().click();
  await page.getByRole('button', { name: 's200', exact: true }).click();
  await page.locator('[data-id="stage:s200"]:focus').waitFor();
  await expect.poll(() => wires.count(), SLOW).toBeGreaterThan(1);
  expect(await lines.count()).toBe(0);
  await page.close();
});

test('a circle is refused in a text that is imported, and by the API', async () => {
  const page = await newPage();
  // The refusals are answers of the server.
  foretellComplaint(page, /400/);
  await page.goto(`${here.origin}/pipelines?new=import`);
  const dialog = page.getByRole('dialog', { name: 'New pipeline' });
  await dialog.getByLabel('Name').fill('Imported circle');
  await dialog.getByLabel('Text').fill(JSON.stringify(CIRCLE));
  await dialog.getByText(IN_A_CIRCLE).waitFor();
  await dialog.getByText('not be published before these are mended').waitFor();
  await dialog.getByRole('checkbox', { name: 'Publish it at once' }).click();
  await dialog.getByRole('button', { name: 'Create and edit' }).click();
  await dialog.getByRole('alert').getByText(IN_A_CIRCLE).waitFor();
  const answer = await page.request.post(`${here.origin}/api/v1/pipelines`, {
    headers: { origin: here.origin },
    data: {
      name: 'Circle by API',
      stages: CIRCLE.stages.map(({ key, type }) => ({ name: key, type })),
      dependencies: [
        { from: 0, to: 1 },
        { from: 1, to: 0 },
      ],
    },
  });
  expect(answer.status()).toBe(400);
  expect(await answer.json()).toMatchObject({ problems: [{ code: 'cycle' }] });
  const kept = await page.request.get(`${here.origin}/api/v1/pipelines?search=circle`);
  expect(await kept.json()).toMatchObject({ pipelines: [] });
  await page.close();
});

test('of two tabs that edit one draft the second is asked, and both are kept', async () => {
  const { mine, theirs, conflict, close } = await editInTwo(here, 'In two tabs');
  await conflict.getByRole('button', { name: 'See the difference' }).click();
  await conflict.getByText('What yours adds is green').waitFor();
  await conflict.getByRole('button', { name: 'Keep mine as a copy' }).click();
  await mine.getByRole('heading', { name: /In two tabs .*\(my copy/ }).waitFor();
  expect((await readDraft(mine)).document.stages.map(({ key }) => key)).toEqual(['sleep']);
  expect((await readDraft(theirs)).document.stages.map(({ key }) => key)).toEqual(['echo']);
  await close();
});

test.each(['light', 'dark'] as const)(
  'nothing of it bars the way of people with other eyes or hands, %s',
  async (theme) => {
    const page = await newPage();
    await page.emulateMedia({ colorScheme: theme });
    const { pipelines } = await api('/pipelines?search=six-stage');
    await page.goto(`${here.origin}/pipelines/${pipelines[0].id}/edit`);
    await page.getByRole('group', { name: /^Stage Data ingestion/ }).waitFor();
    expect(await findBarriers(page), 'open').toEqual([]);
    await page.getByRole('button', { name: 'Outline' }).last().click();
    await page.getByRole('button', { name: 'Data transformation', exact: true }).click();
    await page.getByRole('heading', { name: 'Data transformation' }).waitFor();
    await page.getByRole('button', { name: 'Failures and retries' }).click();
    expect(await findBarriers(page), 'a stage').toEqual([]);
    await page.getByRole('button', { name: 'YAML' }).click();
    await page.getByRole('textbox', { name: 'YAML of the pipeline' }).waitFor();
    expect(await findBarriers(page), 'its text').toEqual([]);
    for (const [key, name] of [
      ['a', 'Add a stage'],
      ['c', 'Connect Data transformation to…'],
      ['d', 'Dry run'],
    ] as const) {
      await page.getByRole('button', { name: 'Find a stage' }).focus();
      await page.keyboard.press(key);
      await page.getByRole('dialog', { name }).waitFor();
      expect(await findBarriers(page), name).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.close();
  },
);

test('who may only look types into no field, and runs the version that the dialog names, whoever has published it meanwhile', async () => {
  const type = `rehearsed-${crypto.randomUUID()}`;
  const { id } = await api('/pipelines', { name: freshName('Published'), stages: [{ name: 'only', type }] });
  const { page } = await joinAs(here, 'operator');
  await page.goto(`${here.origin}/pipelines/${id}/edit`);
  await page.getByRole('group', { name: /^Stage only/ }).click(SLOW);
  const config = page.getByRole('textbox', { name: 'Config' });
  await config.click(SLOW);
  const before = await config.textContent();
  await page.keyboard.type('1');
  expect(await config.textContent()).toBe(before);
  // What is folded is looked at as well.
  await page.getByRole('button', { name: 'Failures and retries' }).press('Enter');
  const attempts = page.getByRole('textbox', { name: 'Attempts' });
  expect(await attempts.isDisabled()).toBe(true);

  const { draft } = await api(`/pipelines/${id}`);
  const document = { ...draft.document, stages: [{ ...draft.document.stages[0], name: 'Renamed' }] };
  const { revision } = await api(`/pipelines/${id}/draft`, { revision: draft.revision, document }, 'PUT');
  const { version } = await api(`/pipelines/${id}/publish`, { revision });
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Run version 2' });
  await dialog.getByRole('button', { name: 'Run', exact: true }).click(SLOW);
  await dialog.waitFor({ state: 'detached', ...SLOW });
  const { runs } = await api(`/runs?pipeline_id=${id}`);
  expect(runs.map((run: { version_id: string }) => run.version_id)).toEqual([version.id]);
  await cancelOpenRuns(api);
  await page.context().close();
});
