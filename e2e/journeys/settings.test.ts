import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { foretellComplaint } from '../stack/complaints.ts';
import { freshName } from '../stack/fresh-name.ts';
import { provideInstallation } from '../stack/installation.ts';
import { joinAs, PASSWORD } from '../stack/people.ts';
import { findBarriersInBoth } from '../stack/watch-page.ts';

const POLL = { timeout: 30_000 };

// The listener below stands on this machine.
const here = provideInstallation({ settings: { SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8' } });
let admin: Page;

interface Heard {
  headers: IncomingMessage['headers'];
  body: string;
}
/** Somebody who is told, in what mood they are, and what they have heard. */
const listener = { answers: 204, heard: [] as Heard[] };
const receiver = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString('utf8');
  });
  request.on('end', () => {
    listener.heard.push({ headers: request.headers, body });
    response.writeHead(listener.answers).end();
  });
});

beforeAll(async () => {
  await new Promise<void>((listening) => receiver.listen(0, '127.0.0.1', listening));
  admin = (await joinAs(here, 'admin', 'Ada')).page;
  await admin.context().grantPermissions(['clipboard-read', 'clipboard-write']);
});
afterAll(() => new Promise((closed) => receiver.close(closed)));

const open = (page: Page, section: string) => page.goto(`${here.origin}/settings/${section}`);
const copied = (page: Page) => page.evaluate(() => navigator.clipboard.readText());
const rowOf = (page: Page, list: string, name: string) =>
  page.getByRole('table', { name: list }).getByRole('row', { name: new RegExp(name) });
const statusFor = async (credential: string, path: string): Promise<number> => {
  const headers = { authorization: `Bearer ${credential}` };
  return (await fetch(`${here.origin}/api/v1${path}`, { headers })).status;
};

/** What the dialog shows this once, taken by its button; then it is gone from the page. */
async function takeSecret(page: Page, title: string): Promise<string> {
  const dialog = page.getByRole('dialog', { name: title });
  await dialog.getByText('Shown here only.').waitFor();
  // Neither by a slip of the hand nor by a click beside it.
  await page.keyboard.press('Escape');
  await page.mouse.click(5, 5);
  await dialog.getByRole('button', { name: /^Copy the / }).click();
  await dialog.getByText('Copied').waitFor({ state: 'attached' });
  const secret = await copied(page);
  expect(await dialog.textContent()).toContain(secret);
  await dialog.getByRole('button', { name: 'I have kept it' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(await page.content()).not.toContain(secret);
  return secret;
}

test('an admin changes what a member may, by mouse and by keys, and the page that the member has open follows', async () => {
  const name = freshName('Grace');
  const { page: member } = await joinAs(here, 'viewer', name);
  await member.goto(`${here.origin}/pipelines`);
  const make = member.getByRole('button', { name: 'New pipeline' }).first();
  await member.getByRole('heading', { level: 1, name: 'Pipelines' }).waitFor();
  await member.getByRole('button', { name: `Account: ${name}` }).waitFor();
  expect(await make.count()).toBe(0);

  await open(admin, 'members');
  const role = admin.getByRole('combobox', { name: `Role of ${name}` });
  await role.click();
  // An admin makes no owners.
  expect(await admin.getByRole('option', { name: 'Owner' }).count()).toBe(0);
  await admin.getByRole('option', { name: 'Designer' }).click();
  await admin.getByText('Now designer; it holds from their next request on.').waitFor();
  await make.waitFor();

  await role.focus();
  await admin.keyboard.press('Enter');
  await admin.getByRole('option', { name: 'Designer' }).waitFor();
  await admin.keyboard.press('End');
  await admin.keyboard.press('ArrowUp');
  await admin.keyboard.press('Enter');
  await admin.getByText('Now viewer; it holds from their next request on.').waitFor();
  await make.waitFor({ state: 'detached' });
  expect(await findBarriersInBoth(admin)).toEqual([]);

  // What the page asks then is refused.
  foretellComplaint(member, /status of 401/);
  await admin.getByRole('button', { name: `Remove ${name}` }).click();
  const question = admin.getByRole('alertdialog', { name: `Remove ${name}?` });
  await question.getByRole('button', { name: 'Remove' }).click();
  await rowOf(admin, 'Members', name).waitFor({ state: 'detached' });
  await member.getByRole('heading', { name: 'Sign in to Signalbox' }).waitFor();
  await member.context().close();
});

test('somebody is invited by the dialog, and comes by the link; another link is taken back and leads nowhere', async () => {
  const whom = freshName('Barbara');
  await open(admin, 'members');
  const links: string[] = [];
  for (const label of [whom, `${whom} again`]) {
    await admin.getByRole('button', { name: 'Invite somebody' }).click();
    const dialog = admin.getByRole('dialog', { name: 'Invite somebody' });
    await dialog.getByLabel('Whom it is for').fill(label);
    await dialog.getByRole('combobox', { name: 'Role' }).click();
    await admin.getByRole('option', { name: 'Operator' }).click();
    await dialog.getByText('Starts and repairs runs').waitFor();
    await dialog.getByLabel('Whom it is for').press('Enter');
    links.push(await takeSecret(admin, 'The invitation'));
    await rowOf(admin, 'Open invitations', label).first().waitFor();
  }
  const [taken = '', withdrawn = ''] = links;
  await admin.getByRole('button', { name: `Take back the invitation for ${whom} again` }).click();
  await admin.getByRole('row', { name: `${whom} again` }).waitFor({ state: 'detached' });

  const context = await here.browser.newContext();
  const guest = await context.newPage();
  // What is asked with the one that was taken back is refused.
  foretellComplaint(guest, /status of 4\d\d/);
  const join = async (link: string): Promise<void> => {
    await guest.goto('about:blank');
    await guest.goto(link);
    await guest.getByLabel('Name').fill(whom);
    await guest.getByLabel('E-mail').fill(`${whom.toLowerCase().replaceAll(' ', '')}@example.org`);
    await guest.getByLabel('Password').fill(PASSWORD);
    await guest.getByRole('button', { name: 'Go on' }).click();
  };
  await join(withdrawn);
  await guest.getByText('This link is used up, too old, or not one of ours.').waitFor();
  await join(taken);
  await guest.getByRole('heading', { name: 'Home' }).waitFor();
  await context.close();
  await admin.reload();
  await admin
    .getByRole('combobox', { name: `Role of ${whom}` })
    .getByText('Operator')
    .waitFor();
});

test('a key is made, narrowed, rotated and revoked: its letters are shown once, and count for as long as is said', async () => {
  const name = freshName('ci');
  await open(admin, 'keys');
  await admin.getByRole('button', { name: 'New key' }).click();
  const dialog = admin.getByRole('dialog', { name: 'New key' });
  expect(await dialog.getByRole('button', { name: 'Make the key' }).isDisabled()).toBe(true);
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('checkbox', { name: 'runs:read' }).click();
  await dialog.getByRole('button', { name: 'Make the key' }).click();
  const first = await takeSecret(admin, 'The new key');
  const row = rowOf(admin, 'API keys', name);
  await row.getByText(`…${first.slice(-4)}`).waitFor();
  await row.getByText('runs:read').waitFor();
  expect([await statusFor(first, '/runs'), await statusFor(first, '/agents')]).toEqual([200, 403]);

  await row.getByRole('button', { name: `Rotate ${name}` }).click();
  // Nothing has happened yet.
  const rotation = admin.getByRole('alertdialog', { name: `Rotate ${name}?` });
  await rotation.getByRole('button', { name: 'Rotate' }).click();
  const second = await takeSecret(admin, 'The new key');
  expect(second).not.toBe(first);
  await row.getByText(`…${second.slice(-4)}`).waitFor();
  expect([await statusFor(first, '/runs'), await statusFor(second, '/runs')]).toEqual([200, 200]);

  await row.getByRole('button', { name: `Revoke ${name}` }).focus();
  await admin.keyboard.press('Enter');
  await admin.getByRole('alertdialog', { name: `Revoke ${name}?` }).waitFor();
  await admin.keyboard.press('Escape');
  await admin.getByRole('alertdialog').waitFor({ state: 'detached' });
  expect(await statusFor(second, '/runs')).toBe(200);
  await admin.keyboard.press('Enter');
  await admin.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click();
  await admin.getByText('The key is worth nothing any more.').waitFor();
  expect([await statusFor(first, '/runs'), await statusFor(second, '/runs')]).toEqual([401, 401]);
});

test('the token of an agent lets that one in, and not once it is revoked', async () => {
  const agent = freshName('resizer').replaceAll(' ', '-');
  await open(admin, 'agent-tokens');
  await admin.getByRole('button', { name: 'New token' }).click();
  await admin.getByRole('dialog').getByLabel('Agent').fill(agent);
  await admin.keyboard.press('Enter');
  const token = await takeSecret(admin, 'The new token');
  await rowOf(admin, 'Agent tokens', agent)
    .getByText(`…${token.slice(-4)}`)
    .waitFor();
  const register = async (name: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ name, capabilities: ['resize'] });
    const url = `${here.origin}/api/v1/agents/register`;
    return (await fetch(url, { method: 'POST', headers, body })).status;
  };
  expect(await register('somebody-else')).toBe(403);
  expect(Math.floor((await register(agent)) / 100)).toBe(2);
  await admin.getByRole('button', { name: `Revoke the token of ${agent}` }).click();
  await admin.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click();
  await admin.getByText('The token is worth nothing any more.').waitFor();
  expect(await register(agent)).toBe(401);
});

test('a secret is written and replaced, and no page and no answer holds it ever again', async () => {
  const name = freshName('hooks/signing').replaceAll(' ', '-');
  const values = [`first-${crypto.randomUUID()}`, `second-${crypto.randomUUID()}`];
  const answers: Promise<string>[] = [];
  admin.on('response', (answer) => {
    if (/secrets\.(list|put)/.test(answer.url())) answers.push(answer.text().catch(() => ''));
  });
  await open(admin, 'secrets');
  await admin.getByRole('button', { name: 'New secret' }).click();
  for (const [at, value] of values.entries()) {
    // What is said of the last one is a dialog too, to whoever hears the page.
    const dialog = admin.getByRole('dialog', { name: at === 0 ? 'New secret' : `Replace ${name}` });
    if (at === 0) await dialog.getByLabel('Name').fill(name);
    const field = dialog.getByLabel('Value');
    expect(await field.getAttribute('type')).toBe('password');
    await field.fill(value);
    await field.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await rowOf(admin, 'Secrets', name)
      .getByRole('cell', { name: String(at + 1), exact: true })
      .waitFor();
    await admin.getByRole('button', { name: `Replace ${name}` }).click();
    const again = admin.getByRole('dialog', { name: `Replace ${name}` });
    expect(await again.getByLabel('Value').inputValue()).toBe('');
  }
  await admin.keyboard.press('Escape');
  await admin.reload();
  await rowOf(admin, 'Secrets', name).waitFor();
  const told = [await admin.content(), ...(await Promise.all(answers))].join('\n');
  expect(told).toContain(name);
  for (const value of values) expect(told).not.toContain(value);
  await admin.getByRole('button', { name: `Delete ${name}` }).click();
  await admin.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await rowOf(admin, 'Secrets', name).waitFor({ state: 'detached' });
});

test('a secret that a connection names is shown with it, and stays for as long as it does', async () => {
  const name = freshName('shared').replaceAll(' ', '-');
  const slug = `uses-${crypto.randomUUID().slice(0, 8)}`;
  const ask = (method: string, path: string, body?: object) =>
    fetch(`${here.origin}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${here.secret}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  await ask('PUT', `/secrets/${name}`, { value: crypto.randomUUID() });
  const { port } = receiver.address() as AddressInfo;
  const headers = { authorization: `Bearer \${secret:${name}}` };
  const answer = await ask('POST', '/mcp/connect', { slug, url: `http://127.0.0.1:${port}/mcp`, headers });
  const { connection_id: id } = await answer.json();
  await open(admin, 'secrets');
  await rowOf(admin, 'Secrets', name).getByRole('cell', { name: slug }).waitFor();
  foretellComplaint(admin, /status of 409/);
  const remove = async () => {
    await admin.getByRole('button', { name: `Delete ${name}` }).click();
    await admin.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  };
  await remove();
  await admin.getByText(`The secret ${name} is used by the MCP connection ${slug}.`).first().waitFor();

  await admin.goto(`${here.origin}/connections/${id}`);
  await admin.getByText(name, { exact: true }).waitFor();
  await admin.getByRole('button', { name: 'Change the keys' }).click();
  await admin.getByRole('dialog').getByText(`\${secret:NAME} in it stands for a secret`).waitFor();
  expect((await ask('DELETE', `/mcp/connections/${id}`)).status).toBe(204);

  await open(admin, 'secrets');
  await remove();
  await rowOf(admin, 'Secrets', name).waitFor({ state: 'detached' });
});

test('a webhook is made and tried; what it refused stands in the log, and is sent again, signed', async () => {
  const name = freshName('on-call');
  const { port } = receiver.address() as AddressInfo;
  await open(admin, 'notifications');
  await admin.getByRole('button', { name: 'New target' }).click();
  const dialog = admin.getByRole('dialog', { name: 'Have somebody told' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('URL').fill(`http://127.0.0.1:${port}/${encodeURIComponent(name)}`);
  await dialog.getByRole('checkbox', { name: 'A run has succeeded' }).click();
  await dialog.getByRole('button', { name: 'Make it' }).click();
  const secret = await takeSecret(admin, 'The signing secret');
  expect(secret).not.toBe('');

  listener.answers = 500;
  listener.heard.length = 0;
  const test = admin.getByRole('button', { name: `Test ${name}` });
  await test.click();
  await admin.getByText(/^It was not taken: .*500/).waitFor();
  const log = admin.getByRole('table', { name: 'Delivery log' });
  await log.getByText('The receiver answered 500.').first().waitFor();

  listener.answers = 204;
  await test.click();
  await admin.getByText(/^It answered 204 after \d+ ms\.$/).waitFor();
  await log.getByText('Delivered').first().waitFor();
  await expect.poll(() => listener.heard.length, POLL).toBe(2);

  const failed = log.getByRole('row', { name: /answered 500/ }).first();
  await failed.getByRole('button', { name: /^Send again/ }).click();
  await admin.getByText('It is sent again.').waitFor();
  await expect.poll(() => listener.heard.length, POLL).toBe(3);
  await expect.poll(() => log.getByRole('row', { name: /answered 500/ }).count(), POLL).toBe(0);
  for (const { headers, body } of listener.heard) {
    expect(headers['webhook-signature']).toMatch(/^v1,/);
    expect(JSON.parse(body)).toBeTypeOf('object');
  }
  expect(await findBarriersInBoth(admin)).toEqual([]);
  await admin.getByRole('button', { name: `Delete ${name}` }).click();
  await admin.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await admin.getByText('Nobody is told there any more.').waitFor();
});

/** What a viewer finds in each section: a list that stands, or that it is not for them. */
const FOR_VIEWERS: readonly [section: string, sees: string][] = [
  ['members', 'Not for your role'],
  ['keys', 'Not for your role'],
  ['agent-tokens', 'Not for your role'],
  ['secrets', 'Not for your role'],
  ['notifications', 'Not for your role'],
];

test('a viewer is told which of the settings are not theirs, and can change none', async () => {
  const { page } = await joinAs(here, 'viewer');
  for (const [section, sees] of FOR_VIEWERS) {
    await open(page, section);
    await page.getByText(sees).first().waitFor();
    const change = page
      .getByRole('main')
      .getByRole('button', { name: /^(New|Invite|Remove|Rotate|Revoke|Replace|Delete|Test|Send again)/ });
    expect(await change.count()).toBe(0);
  }
  await page.context().close();
});
