import type { Page } from 'playwright-core';
import type { RunningServer } from './running-server.ts';

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

export async function makePipeline(page: Page, { origin }: RunningServer, name: string): Promise<void> {
  await page.goto(`${origin}/pipelines`);
  await page.getByRole('button', { name: 'New pipeline' }).first().focus();
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'Name' }).waitFor();
  await page.keyboard.type(name);
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
