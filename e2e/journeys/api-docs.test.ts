import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser } from '../stack/browser.ts';
import { foretellComplaint } from '../stack/complaints.ts';
import { makeDataDir, type RunningServer, startServer } from '../stack/running-server.ts';

let browser: Browser;
let dataDir: Awaited<ReturnType<typeof makeDataDir>>;
let server: RunningServer;
let token: string;

beforeAll(async () => {
  dataDir = await makeDataDir();
  [browser, server] = await Promise.all([openBrowser(), startServer(dataDir.path)]);
  token = (await readFile(join(dataDir.path, 'api-secret'), 'utf8')).trim();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await dataDir?.remove();
});

test('the documentation of the API opens without a network and sends a call to its own server', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== server.origin) elsewhere.push(request.url());
  });

  // Of the key that is none.
  foretellComplaint(page, /401/);
  await page.goto(`${server.origin}/api/docs#pipelines.list`);
  const operation = page.locator('details[id="pipelines.list"]');
  await operation.getByText('Fields').waitFor();
  await page.getByLabel('Find').fill('dead letter');
  await page.locator('details[id="deadLetters.list"]').waitFor();
  expect(await operation.isVisible()).toBe(false);
  await page.getByLabel('Find').fill('');

  await page.getByLabel('Key').fill('not a key');
  await operation.getByRole('button', { name: 'Send' }).click();
  await operation.locator('h3 .bad').getByText('401').waitFor();
  await page.getByLabel('Key').fill(token);
  await operation.getByLabel('search').fill('');
  await operation.getByRole('button', { name: 'Send' }).click();
  await operation.locator('h3 .good').getByText('200').waitFor();
  await operation.locator('pre').getByText('"next_cursor"').first().waitFor();

  const creating = page.locator('details[id="pipelines.create"]');
  await creating.locator('summary').click();
  await creating.getByRole('button', { name: 'Send' }).click();
  await creating.locator('h3 .good').getByText('201').waitFor();
  expect(elsewhere).toEqual([]);
  await context.close();
});
