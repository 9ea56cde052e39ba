import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { provideInstallation } from '../stack/installation.ts';
import { joinAs } from '../stack/people.ts';
import { findBarriersInBoth } from '../stack/watch-page.ts';

const POLL = { timeout: 30_000 };
/** A spreadsheet would reckon with it. */
const FORMULA = '=HYPERLINK("https://example.org","look")';

const here = provideInstallation({ isSignedIn: false });
const { api } = here;
let auditor: Page;
let changed: string;
const REASON = `${FORMULA} it spoke in formulas`;

beforeAll(async () => {
  auditor = (await joinAs(here, 'auditor')).page;
  for (const name of ['other', 'changed']) {
    const { id } = await api('/pipelines', { name, stages: [{ name: 'a', type: 'echo' }] });
    await api(`/pipelines/${id}`, { tags: ['old'] }, 'PATCH');
    changed = id;
  }
  await api(`/pipelines/${changed}`, { tags: ['new'] }, 'PATCH');
  const agent = await api('/agents/register', { name: 'odd', capabilities: ['odd'] });
  await api(`/agents/${agent.agent_id}/orders`, { order: 'quarantine', reason: REASON });
});

const grid = () => auditor.getByRole('grid', { name: 'Audit' });
const rows = async (): Promise<number> => Number(await grid().getAttribute('aria-rowcount')) - 1;
async function narrow(filter: string, value: string): Promise<void> {
  await auditor.getByRole('button', { name: 'Filter', exact: true }).click();
  await auditor.getByRole('menuitem', { name: filter }).click();
  await auditor.getByRole('textbox', { name: filter }).fill(value);
  await auditor.keyboard.press('Enter');
}
async function take(item: string): Promise<string> {
  await auditor.getByRole('button', { name: 'Export', exact: true }).click();
  const [download] = await Promise.all([
    auditor.waitForEvent('download'),
    auditor.getByRole('menuitem', { name: item }).click(),
  ]);
  return readFile(await download.path(), 'utf8');
}

test('an auditor narrows the log, reads what an entry changed by keys alone, and goes to what it was about', async () => {
  await auditor.goto(`${here.origin}/audit`);
  await narrow('Action', 'pipeline.changed');
  await expect.poll(rows, POLL).toBe(3);
  await auditor.getByTitle(`Only ${changed}`).first().click();
  await expect.poll(rows, POLL).toBe(2);
  // From the row that was clicked to the next and back; Enter is for the row, and not for what was clicked in it.
  for (const key of ['j', 'k', 'Enter']) await auditor.keyboard.press(key);
  const entry = auditor.getByRole('dialog', { name: /^pipeline\.changed · \d+$/ });
  await entry.getByRole('region', { name: 'Before' }).getByText('"old"').waitFor();
  await entry.getByRole('region', { name: 'After' }).getByText('"new"').waitFor();
  expect(await findBarriersInBoth(auditor)).toEqual([]);
  await entry.getByRole('link', { name: 'Open it' }).click();
  await auditor.waitForURL((url) => url.pathname === `/pipelines/${changed}`);
  await auditor.goBack();
  await entry.waitFor();
  await auditor.keyboard.press('Escape');
  await entry.waitFor({ state: 'detached' });
});

test('the chain is verified, and what the list shows is taken along, safe for a spreadsheet', async () => {
  await auditor.goto(`${here.origin}/audit`);
  await auditor.getByRole('button', { name: 'Verify the chain' }).click();
  await auditor.getByText(/^Sound: \d+ entries and \d+ signed checkpoints? /).waitFor();
  await narrow('Action', 'agent.quarantine');
  await expect.poll(rows, POLL).toBe(1);

  const lines = (await take('Entries that match as JSON lines')).trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(JSON.parse(lines[0] ?? '').body)).toMatchObject({ reason: REASON });
  const csv = await take('Entries that match as CSV');
  const [head, row] = csv.trim().split(/\r?\n/);
  expect(head?.split(',')).toContain('reason');
  expect(csv.trim().split(/\r?\n/)).toHaveLength(2);
  expect(row).toContain('it spoke in formulas');
  // A cell that begins with =, be it quoted or not.
  expect(row).not.toMatch(/(^|,)"?=/);
  await auditor.getByRole('button', { name: 'Clear', exact: true }).click();
  await expect.poll(rows, POLL).toBeGreaterThan(3);
  const all = (await take('All entries as JSON lines')).trim().split('\n');
  expect(all.length).toBeGreaterThan(3);
});

test('who may not read the log is told so, and finds no way to it', async () => {
  const { page } = await joinAs(here, 'operator');
  await page.goto(`${here.origin}/audit`);
  await page.getByText('Not for your role').waitFor();
  expect(await page.getByRole('grid').count()).toBe(0);
  await page.getByRole('button', { name: /^Account: / }).waitFor();
  await expect
    .poll(() => page.getByRole('navigation').getByRole('link', { name: 'Audit' }).count(), POLL)
    .toBe(0);
});
