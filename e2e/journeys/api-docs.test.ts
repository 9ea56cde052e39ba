import { expect, test } from 'vitest';
import { foretellComplaint } from '../stack/complaints.ts';
import { provideInstallation } from '../stack/installation.ts';

const here = provideInstallation({ isSignedIn: false });

test('the documentation of the API opens without a network and sends a call to its own server', async () => {
  const context = await here.browser.newContext();
  const page = await context.newPage();
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== here.origin) elsewhere.push(request.url());
  });

  // Of the key that is none.
  foretellComplaint(page, /401/);
  await page.goto(`${here.origin}/api/docs#pipelines.list`);
  const operation = page.locator('details[id="pipelines.list"]');
  await operation.getByText('Fields').waitFor();
  await page.getByLabel('Find').fill('dead letter');
  await page.locator('details[id="deadLetters.list"]').waitFor();
  expect(await operation.isVisible()).toBe(false);
  await page.getByLabel('Find').fill('');

  await page.getByLabel('Key').fill('not a key');
  await operation.getByRole('button', { name: 'Send' }).click();
  await operation.locator('h3 .bad').getByText('401').waitFor();
  await page.getByLabel('Key').fill(here.secret);
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
