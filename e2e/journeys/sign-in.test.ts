import type { Page } from 'playwright-core';
import { expect, test, vi } from 'vitest';
import { foretellComplaint } from '../stack/complaints.ts';
import { provideInstallation } from '../stack/installation.ts';
import { startProgram } from '../stack/oauth-program.ts';
import { PASSWORD } from '../stack/people.ts';
import { findBarriers } from '../stack/watch-page.ts';

const here = provideInstallation();

async function signIn(page: Page, password: string): Promise<void> {
  await page.getByLabel('E-mail').fill('grace@example.org');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Account: Grace' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in to Signalbox' }).waitFor();
}

/** A device in the browser that keeps passkeys and is sure who sits before it, as long as it is `touched`. */
async function holdPasskeys(page: Page) {
  const devices = await page.context().newCDPSession(page);
  await devices.send('WebAuthn.enable');
  const { authenticatorId } = await devices.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', automaticPresenceSimulation: true },
      ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
    },
  });
  await page.addInitScript(noteOffers);
  const touch = (enabled: boolean) =>
    devices.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
  return {
    touch,
    /** For one signature: what the page offers after that finds it untouched, or would take it again and again. */
    async touchOnce() {
      await page.route(isSignature, (route) => touch(false).then(() => route.continue()), { times: 1 });
      await touch(true);
    },
    /** Untouched until then, so that the page stands as people find it: a touch that came earlier would take the offer. */
    isOffered: () =>
      expect
        .poll(() => page.evaluate(() => (window as { offers?: number }).offers), { timeout: 30_000 })
        .toBe(1),
  };
}

/** In the page: counts what it has the browser offer where the e-mail is filled in. */
function noteOffers(): void {
  const { credentials } = navigator;
  const get = credentials?.get.bind(credentials);
  if (!get) return;
  const noted = window as { offers?: number };
  credentials.get = (wish) => {
    if (wish?.mediation === 'conditional') noted.offers = (noted.offers ?? 0) + 1;
    return get(wish);
  };
}

const isChallenge = (address: string): boolean => address.includes('passkeys.challenge');
const isSignature = ({ href }: URL): boolean => href.includes('passkeys.signIn');

test('an owner invites somebody, who joins, and comes back by password to where they wanted to go', async () => {
  const page = await here.newPage();
  await page.goto(here.origin);
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  const link = await page.evaluate(async () => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ role: 'viewer' });
    const answer = await fetch('/api/v1/invites', { method: 'POST', headers, body });
    return ((await answer.json()) as { link: string }).link;
  });

  const context = await here.browser.newContext();
  const guest = await context.newPage();
  await guest.goto(here.origin + link);
  await guest.getByLabel('Name').fill('Grace');
  await guest.getByLabel('E-mail').fill('grace@example.org');
  await guest.getByLabel('Password').fill(PASSWORD);
  await guest.getByRole('button', { name: 'Go on' }).click();
  await guest.getByRole('heading', { name: 'Home' }).waitFor();

  // Away first: what that page still asks for would find nobody signed in, and lead elsewhere.
  await guest.goto('about:blank');
  await context.clearCookies();
  await guest.goto(`${here.origin}/runs?status=failed`);
  await guest.getByRole('heading', { name: 'Sign in to Signalbox' }).waitFor();
  // Of the password that is wrong.
  foretellComplaint(guest, /401/);
  await signIn(guest, 'wrong password!');
  await guest.getByText('E-mail or password is wrong.').waitFor();
  await signIn(guest, PASSWORD);
  await guest.waitForURL(/\/runs\?status=failed$/);
  await context.close();
});

test('a page runs nothing that was put into it', async () => {
  const page = await here.newPage();
  foretellComplaint(page, /Content.Security.Policy/i);
  await page.goto(here.origin);
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  const ran = await page.evaluate(async () => {
    const script = document.createElement('div');
    script.innerHTML = '<img src="data:," onerror="window.ran = true">';
    document.body.append(script);
    const inline = document.createElement('iframe');
    inline.srcdoc = '<script>parent.ran = true</script>';
    document.body.append(inline);
    await new Promise((resolve) => {
      const image = script.querySelector('img');
      image?.addEventListener('error', resolve);
    });
    await new Promise((resolve) => requestAnimationFrame(resolve));
    return (window as { ran?: boolean }).ran ?? false;
  });
  expect(ran).toBe(false);
});

test('after signing in somewhere else a link leads to our own pages only', async () => {
  const context = await here.browser.newContext();
  const page = await context.newPage();
  await page.goto(`${here.origin}/sign-in?next=${encodeURIComponent('/\\evil.example')}`);
  await signIn(page, PASSWORD);
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  expect(new URL(page.url()).origin).toBe(here.origin);
  await context.close();
});

test('somebody adds a passkey, signs in by it without a password, and takes it away again', async () => {
  // Browsers bind passkeys to names, so at the address of the link there are none.
  const origin = here.origin.replace('127.0.0.1', 'localhost');
  const context = await here.browser.newContext();
  const page = await context.newPage();
  const device = await holdPasskeys(page);
  await page.goto(`${here.origin}/sign-in`);
  await signIn(page, PASSWORD);
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  await page.goto(`${here.origin}/settings/account`);
  // What is typed there before the page is alive counts.
  await page.getByRole('link', { name: origin }).click();
  await page.getByRole('heading', { name: 'Sign in to Signalbox' }).waitFor();
  await signIn(page, PASSWORD);

  await page.getByRole('button', { name: 'Add a passkey' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a passkey' });
  await dialog.getByLabel('Name').fill('Laptop <b>one</b>');
  // Of the password that is wrong.
  foretellComplaint(page, /403/);
  await dialog.getByLabel('Present password').fill('wrong password!');
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.getByText('The current password is missing or wrong.').waitFor();
  expect(await findBarriers(page)).toEqual([]);
  await dialog.getByLabel('Present password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('cell', { name: 'Laptop <b>one</b>', exact: true }).waitFor();
  await dialog.waitFor({ state: 'detached' });
  expect(await findBarriers(page)).toEqual([]);

  // Taken where the e-mail is filled in: nothing is clicked. Away first: what the page still asks for would lead elsewhere.
  await page.goto('about:blank');
  await context.clearCookies();
  await page.goto(`${origin}/sign-in`);
  await page.getByRole('heading', { name: 'Home' }).waitFor();

  // The button ends what was offered there: browsers ask one thing at a time.
  await device.touch(false);
  const asked: string[] = [];
  page.on('request', (request) => {
    if (isChallenge(request.url())) asked.push(request.url());
  });
  await signOut(page);
  await device.isOffered();
  expect(await findBarriers(page)).toEqual([]);
  await device.touchOnce();
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  expect(asked).toHaveLength(2);

  await page.goto(`${origin}/settings/account`);
  await page.getByRole('button', { name: 'Rename Laptop' }).click();
  const naming = page.getByRole('dialog', { name: /^Rename Laptop/ });
  await naming.getByLabel('Name').fill('Old laptop');
  await naming.getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('button', { name: 'Remove Old laptop' }).click();
  const removing = page.getByRole('dialog', { name: /^Remove Old laptop/ });
  await removing.getByLabel('Present password').fill(PASSWORD);
  expect(await findBarriers(page)).toEqual([]);
  await removing.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No passkeys').waitFor();

  await signOut(page);
  await device.isOffered();
  // Of the passkey that is not known any more, though the browser still has it.
  foretellComplaint(page, /401/);
  await device.touchOnce();
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByText('This passkey did not sign you in.').waitFor();
  await context.close();
});

test('a program that wants in is asked about after signing in, comes in by a yes and is put out again', async () => {
  const program = await startProgram(here.origin);
  const context = await here.browser.newContext();
  const page = await context.newPage();
  await page.goto(program.address);
  await page.getByRole('heading', { name: 'Sign in to Signalbox' }).waitFor();
  await signIn(page, PASSWORD);
  await page.getByRole('heading', { name: 'Let Notebook <b>in? in?' }).waitFor();
  await page.getByText(program.host, { exact: true }).waitFor();
  await page.getByText('A program on this computer.').waitFor();
  await page.getByRole('checkbox', { name: 'see pipelines' }).click();
  const framed = await page.request.get(page.url());
  expect(framed.headers()['content-security-policy']).toContain("frame-ancestors 'none'");
  await page.getByRole('button', { name: 'Let it in' }).click();
  await page.getByText('You may go back to the program.').waitFor();
  const { status, scope } = await program.comeIn();
  expect([status, scope]).toEqual([200, 'runs:read']);

  await page.goto(`${here.origin}/settings/apps`);
  await page.getByRole('cell', { name: '/mcp', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Put out Notebook' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Put out' }).click();
  await page.getByText('No connected apps').waitFor();
  expect((await program.comeIn()).status).toBe(401);
  await context.close();
  program.close();
});

test('an owner makes an organisation, goes over to it, renames it, and closes it from the first one', async () => {
  // Each tab of the browser that stays behind would ask where to go on.
  for (const before of here.context.pages()) await before.close();
  const [page, other] = [await here.newPage(), await here.context.newPage()];
  // What a tab still asks for the one before is refused, which a browser writes down.
  for (const tab of [page, other]) foretellComplaint(tab, /409/);
  await other.goto(`${here.origin}/runs`);
  await other.getByRole('heading', { level: 1 }).waitFor();
  const settings = async () => {
    await page.goto(`${here.origin}/settings/organisation`);
    return page.getByLabel('Name', { exact: true });
  };
  await settings();
  await page.getByRole('button', { name: 'Make an organisation' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Second');
  await dialog.getByRole('button', { name: 'Make it' }).click();
  await page.getByRole('button', { name: 'Go over Second' }).click();
  await page.waitForURL(`${here.origin}/`);
  await page.getByRole('heading', { name: 'Home' }).waitFor();

  await other.getByText('You have gone over to another organisation').waitFor();
  await other.getByRole('button', { name: 'Go on in Second' }).click();
  await other.getByRole('heading', { name: 'Home' }).waitFor();

  const name = await settings();
  await vi.waitFor(async () => expect(await name.inputValue()).toBe('Second'), { timeout: 30_000 });
  expect(await findBarriers(page)).toEqual([]);
  await name.fill('Renamed');
  await page.getByRole('button', { name: 'Change the name' }).click();
  await page.getByText('The organisation has its new name.').waitFor();
  // The other is the first one.
  await page.getByRole('button', { name: /^Go over/ }).click();
  await page.waitForURL(`${here.origin}/`);
  await page.getByRole('heading', { name: 'Home' }).waitFor();

  await other.close();
  await settings();
  await page.getByRole('button', { name: 'Close Renamed' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Close', exact: true }).click();
  await page.getByText('It is closed.').waitFor();
  await page.getByRole('button', { name: 'Close Renamed' }).waitFor({ state: 'detached' });
  await page.close();
});

test('whoever is in several organisations says in which a program works, and it works in that one alone', async () => {
  // Each tab of the browser that stays behind would ask where to go on.
  for (const before of here.context.pages()) await before.close();
  const page = await here.newPage();
  const headers = { origin: here.origin };
  const made = await page.request.post(`${here.origin}/api/v1/orgs`, {
    headers,
    data: { name: 'Harbour' },
  });
  const harbour = ((await made.json()) as { id: string }).id;
  const apps = async () => {
    const answer = await page.request.get(`${here.origin}/api/v1/apps`);
    return ((await answer.json()) as { apps: unknown[] }).apps.length;
  };
  const before = await apps();
  const program = await startProgram(here.origin);
  await page.goto(program.address);
  await page.getByRole('heading', { name: /^Let Notebook/ }).waitFor();
  await page.getByRole('combobox', { name: 'It would work in' }).click();
  await page.getByRole('option', { name: 'Harbour' }).click();
  // Asked anew, for the other one: the session has gone over to it.
  await page.getByRole('combobox', { name: 'It would work in' }).getByText('Harbour').waitFor();
  expect(await findBarriers(page)).toEqual([]);
  await page.getByRole('button', { name: 'Let it in' }).click();
  await page.getByText('You may go back to the program.').waitFor();
  expect((await program.comeIn()).status).toBe(200);
  expect(await apps()).toBe(1);
  const home = await page.request.get(`${here.origin}/api/v1/me/orgs`);
  const { orgs } = (await home.json()) as { orgs: { id: string }[] };
  const first = orgs.find(({ id }) => id !== harbour)?.id;
  await page.request.post(`${here.origin}/api/v1/me/orgs/${first}/enter`, { headers, data: {} });
  expect(await apps()).toBe(before);
  expect((await program.comeIn()).status).toBe(200);
  program.close();
  await page.close();
});

test('who signs out is out, in every tab', async () => {
  const context = await here.browser.newContext();
  const [page, other] = [await context.newPage(), await context.newPage()];
  await page.goto(`${here.origin}/sign-in`);
  await signIn(page, PASSWORD);
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  await page.getByRole('button', { name: 'Account: Grace' }).click();
  await page.getByText('grace@example.org · viewer').waitFor();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in to Signalbox' }).waitFor();
  await other.goto(here.origin);
  await other.getByRole('heading', { name: 'Sign in to Signalbox' }).waitFor();
  await context.close();
});
