import type { Locator, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { provideInstallation } from '../stack/installation.ts';
import { joinAs } from '../stack/people.ts';

/** Things pressed and texts typed, from the start page to the page of one's own first run. */
const STEPS = 12;

const here = provideInstallation({ isSignedIn: false });
let page: Page;
let steps = 0;

beforeAll(async () => {
  page = (await joinAs(here, 'designer')).page;
});

/** A step of somebody who goes by what is on the screen: it has this name, and nothing else in sight has it too. */
async function press(role: 'link' | 'button', name: string | RegExp, within: Page | Locator = page) {
  steps += 1;
  const place = within.getByRole(role, { name, ...(typeof name === 'string' ? { exact: true } : {}) });
  await place.first().waitFor();
  expect(await place.count(), `${role} ${name}`).toBe(1);
  await place.click();
}
async function type(field: string, text: string): Promise<void> {
  steps += 1;
  await page.getByRole('textbox', { name: field, exact: true }).fill(text);
}
const dialog = (name: string | RegExp) => page.getByRole('dialog', { name });

test('a designer who never was here draws, is told what is wrong, publishes and runs a pipeline in twelve steps from the start page', async () => {
  await page.goto(here.origin);
  await page.getByRole('heading', { name: 'First steps' }).waitFor();
  await press('link', 'Draw one of your own');
  await type('Name', 'My first');
  await press('button', 'Create and edit', dialog('New pipeline'));
  await page.getByText('Begin with a stage').waitFor();

  const capabilities = page.getByRole('list', { name: 'Capabilities' });
  await press('button', /^echo/, capabilities);
  await page.getByRole('group', { name: /Stage echo, echo, 0 in, 0 out/ }).waitFor();
  await press('button', /^sleep/, capabilities);
  // It follows the one before, without a wire being drawn.
  await page.getByRole('group', { name: /Stage sleep, sleep, 1 in, 0 out/ }).waitFor();

  const problems = page.getByRole('region', { name: 'Problems', exact: true });
  await problems.getByText('No problems').waitFor();
  await type('Ms', '-5');
  await problems.getByRole('button', { name: /1 (error|warning)/ }).waitFor();
  await type('Ms', '250');
  await problems.getByText('No problems').waitFor();

  await press('button', 'Publish');
  await press('button', 'Publish', dialog(/^Publish version 1/));
  await page.getByText('Version 1 is published.').waitFor();
  await dialog(/^Publish version 1/).waitFor({ state: 'detached' });
  await press('button', 'Run');
  await press('button', 'Run', dialog('Run version 1'));
  await page.getByRole('status', { name: 'In the run' }).getByText('Succeeded').waitFor();
  await press('link', 'Open the run');
  await page.waitForURL(/\/runs\/run_/);
  await page.getByTestId('run-status').getByText('Succeeded').waitFor();
  await page.getByRole('link', { name: 'My first' }).first().waitFor();
  expect(steps).toBe(STEPS);

  await page.goto(here.origin);
  await page.getByText('Run a pipeline (Done)').waitFor();
});
