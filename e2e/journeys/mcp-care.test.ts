import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { programOf } from '#server/testing/mcp-rig.ts';
import { echoTool, startUpstream, type TestUpstream } from '#server/testing/mcp-upstream.ts';
import { foretellComplaint } from '../stack/complaints.ts';
import { provideInstallation } from '../stack/installation.ts';
import { joinAs, PASSWORD } from '../stack/people.ts';
import { findBarriersInBoth } from '../stack/watch-page.ts';

const here = provideInstallation({
  settings: {
    SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8',
    SIGNALBOX_MCP_PROGRAMS: programOf('everything', '@modelcontextprotocol/server-everything'),
    ...(process.getuid?.() === 0 ? { SIGNALBOX_MCP_PROGRAM_USER: 'root' } : {}),
  },
});
const { api } = here;
let upstream: TestUpstream;
let admin: Page;

beforeAll(async () => {
  upstream = await startUpstream([echoTool('ask')]);
  admin = (await joinAs(here, 'admin', 'Ada')).page;
});
afterAll(() => upstream?.[Symbol.asyncDispose]());

/** The form for the program, by its entry in the catalogue. */
async function chooseProgram(page: Page) {
  await page.goto(`${here.origin}/connections`);
  await page.getByRole('button', { name: 'Connect a server' }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Everything/ })
    .click();
  return page.getByRole('dialog', { name: 'Connect Everything' });
}

test('a program is started for nobody who does not show once more who they are', async () => {
  const dialog = await chooseProgram(admin);
  const connect = dialog.getByRole('button', { name: 'Connect', exact: true });
  await dialog.getByLabel('Name').fill('by-password');
  await dialog.getByLabel('Present password').fill('something else');
  expect(await findBarriersInBoth(admin)).toEqual([]);
  // Chromium says so of what is refused.
  foretellComplaint(admin, /status of 403 .*mcp\.connect/);
  await connect.click();
  await dialog.getByText('The current password is missing or wrong.').waitFor();
  expect((await api('/mcp/connections')).connections).toEqual([]);
  await dialog.getByLabel('Present password').fill(PASSWORD);
  await connect.click();
  await dialog.getByText('Reachable').waitFor();
  expect(await findBarriersInBoth(admin)).toEqual([]);
  expect((await api('/mcp/connections')).connections).toMatchObject([{ slug: 'by-password' }]);
});

test('the owner who came by the link has no password, and is told what counts instead', async () => {
  const page = await here.newPage();
  const dialog = await chooseProgram(page);
  await dialog.getByText('You must have signed in within the last quarter of an hour.').waitFor();
  expect(await dialog.getByLabel('Present password').count()).toBe(0);
  await dialog.getByLabel('Name').fill('by-link');
  await dialog.getByRole('button', { name: 'Connect', exact: true }).click();
  await dialog.getByText('Reachable').waitFor();
  await page.close();
});

test('what goes worse than it may stands on the page of the system, with how bad it is and what helps', async () => {
  const { connection_id: id } = await api('/mcp/connect', { slug: 'frail', url: upstream.url });
  const { tools } = await api(`/mcp/connections/${id}/tools`);
  const wanted = tools.map(({ name, hash }: Record<string, string>) => ({ name, hash }));
  await api(`/mcp/connections/${id}/tools/approve`, { tools: wanted });
  const call = () => api('/mcp/call', { tool: 'frail__ask', arguments: { question: 'Why?' } });

  await admin.goto(`${here.origin}/settings/system`);
  const measures = admin.getByRole('table', { name: 'The last five minutes' });
  const failed = measures.getByRole('row', { name: /Calls to MCP servers that failed/ });
  await failed.getByText('Nothing seen').waitFor();
  const remedies = admin.getByRole('list', { name: 'What to do' });
  expect(await remedies.count()).toBe(0);

  for (let at = 0; at < 18; at += 1) await call();
  upstream.breakWith((response) => response.writeHead(500).end());
  for (let at = 0; at < 2; at += 1) await expect(call()).rejects.toThrow('503');
  await failed.getByText('Beyond its limit').waitFor();
  await failed.getByRole('cell', { name: '10 %', exact: true }).waitFor();
  await failed.getByRole('cell', { name: '5 %', exact: true }).waitFor();
  const [remedy] = await remedies.getByRole('listitem').allTextContents();
  expect(remedy).toBe(
    'Calls to MCP servers that failed: 10 %, where at most 5 % is fine.' +
      'MCP → Usage says which connection it is. Switch that one off until its server is well.',
  );
  expect(await findBarriersInBoth(admin)).toEqual([]);
});
