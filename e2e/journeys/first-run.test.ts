import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { foretellComplaint } from '../stack/complaints.ts';
import { provideInstallation } from '../stack/installation.ts';

const here = provideInstallation({ isSignedIn: false });

const STAGES = [
  'data-ingestion',
  'data-transformation',
  'data-analysis',
  'data-validation',
  'data-processing',
  'output-generation',
];

async function runSample(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Pipelines', exact: true }).click();
  await page.getByRole('button', { name: 'Run with sample data' }).first().click();
  await page.waitForURL(/\/runs\/run_/);
}

test('an owner signs in by the link, runs the six stages and sees them end with their file', async () => {
  const page = await here.browser.newPage();
  await page.goto(here.server.link);
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  await runSample(page);
  await page.getByTestId('run-status').getByText('Succeeded').waitFor({ timeout: 60_000 });
  for (const key of STAGES) expect(await page.getByTestId(`status-${key}`).textContent()).toBe('Succeeded');
  await page
    .getByRole('button', { name: /Output generation/ })
    .first()
    .click();
  await page.getByText('site,day,readings,mean_temperature_c').waitFor();
  await page.reload();
  await page.getByTestId('run-status').getByText('Succeeded').waitFor();
  await page.close();
});

test('the link signs in once, and without a session there is nothing to see', async () => {
  const context = await here.browser.newContext();
  const page = await context.newPage();
  foretellComplaint(page, /401/);
  await page.goto(here.server.link);
  await page.getByRole('heading', { name: 'This link is used up' }).waitFor();
  await page.goto(here.origin);
  await page.getByRole('heading', { name: 'Sign in to Signalbox' }).waitFor();
  expect((await page.request.get(`${here.origin}/api/v1/pipelines`)).status()).toBe(401);
  await context.close();
});

test('a run that was cut off by a kill goes on to its end after the next start', async () => {
  const context = await here.browser.newContext();
  await here.server.stop();
  await here.startAgain();
  const page = await context.newPage();
  await page.goto(here.server.link);
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  await runSample(page);
  const path = new URL(page.url()).pathname;
  await page
    .getByTestId('status-data-ingestion')
    .getByText(/Running|Succeeded/)
    .waitFor();
  // Away, and then there again but not ready.
  foretellComplaint(page, /net::ERR_|WebSocket|status of 503/);
  await here.server.kill();
  await here.startAgain();
  await page.goto(here.server.link);
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  await page.goto(`${here.origin}${path}`);
  await page.getByTestId('run-status').getByText('Succeeded').waitFor({ timeout: 60_000 });
  await context.close();
});
