import type { Page } from 'playwright-core';
import { foretellComplaint } from './complaints.ts';
import { freshName } from './fresh-name.ts';
import type { Installation } from './installation.ts';

/** Steps of journeys in the editor. */

/** The draft, as a program sees it. */
export async function readDraft(page: Page) {
  const id = /pipe_[0-9a-f]+/.exec(page.url())?.[0];
  const answer = await page.request.get(`${new URL(page.url()).origin}/api/v1/pipelines/${id}/draft`);
  return (await answer.json()) as {
    revision: number;
    document: {
      stages: { key: string; config?: object; ui?: object }[];
      dependencies?: object[];
      ui?: object;
    };
  };
}

export const saved = (page: Page) => page.getByRole('status', { name: 'The draft: Saved' }).waitFor();

/** By the keyboard alone: tabs to whatever has the focus until the wanted one has it. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let steps = 0; steps < 80; steps++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const labels =
        element instanceof HTMLInputElement ? [...(element.labels ?? [])].map((l) => l.textContent) : [];
      return [element?.getAttribute('aria-label'), ...labels, element?.textContent].find(Boolean) ?? '';
    });
    if (focused.trim() === name) return;
  }
  throw new Error(`The Tab key never came to ${name}.`);
}

export async function addByKeys(page: Page, capability: string): Promise<void> {
  await page.keyboard.press('a');
  await page.getByRole('combobox', { name: 'What should it do?' }).waitFor();
  await page.keyboard.type(capability);
  await page.getByRole('option', { name: capability }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

/** By the keyboard alone. */
export async function makePipeline(page: Page, { origin }: Installation, name: string): Promise<void> {
  await page.goto(`${origin}/pipelines`);
  await page.getByRole('button', { name: 'New pipeline' }).first().focus();
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'Name' }).waitFor();
  await page.keyboard.type(freshName(name));
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/pipelines\/pipe_.+\/edit/);
  await page.getByText('Begin with a stage').waitFor();
}

export async function publish(page: Page, note: string): Promise<void> {
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: /^Publish version/ });
  await dialog.getByRole('textbox').fill(note);
  await dialog.getByRole('button', { name: 'Publish', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

interface Drawn {
  name: string;
  stages?: readonly object[];
  dependencies?: readonly object[];
}

/** A draft that was imported, in the editor; without stages if none are given. */
export async function openDraft(
  page: Page,
  { api, origin }: Installation,
  { name, stages = [], dependencies = [] }: Drawn,
): Promise<string> {
  const text = JSON.stringify({ stages, dependencies });
  const { id } = await api('/pipelines/import', { name: freshName(name), format: 'json', text });
  await page.goto(`${origin}/pipelines/${id}/edit`);
  const there = stages.length > 0 ? '.react-flow__node' : ':text("Begin with a stage")';
  await page.locator(there).first().waitFor();
  return id;
}

/** Two windows on one draft, to which each has added: theirs is saved, and mine is asked what to do. */
export async function editInTwo(installation: Installation, name: string) {
  const [mine, theirs] = [await installation.newPage(), await installation.newPage()];
  // The refusal of the second is an answer of the server.
  foretellComplaint(mine, /412/);
  await openDraft(mine, installation, { name });
  await theirs.goto(mine.url());
  await theirs.getByText('Begin with a stage').waitFor();
  await theirs.bringToFront();
  await addByKeys(theirs, 'echo');
  await saved(theirs);
  await mine.bringToFront();
  await addByKeys(mine, 'sleep');
  const conflict = mine.getByRole('dialog', { name: 'Somebody else has changed this draft' });
  await conflict.waitFor();
  return { mine, theirs, conflict, close: () => Promise.all([mine.close(), theirs.close()]) };
}
