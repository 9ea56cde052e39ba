import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROLES, type Role } from '#server/identity/permissions.ts';
import { startUpstream, type TestUpstream } from '#server/testing/mcp-upstream.ts';
import { openBrowser } from '../stack/browser.ts';
import { HOSTILE_TOOLS, makeHostileWorld, named } from '../stack/hostile-world.ts';
import { CALLS, compareOffers, isKnown, MENU, mayRole, offersOf, readOffered } from '../stack/offers.ts';
import { PAGES, ROUTES, type World } from '../stack/pages.ts';
import { type Api, joinAs, openApi } from '../stack/people.ts';
import { makeDataDir, type RunningServer, startServer } from '../stack/running-server.ts';
import {
  findBarriers,
  findSpills,
  findTooWide,
  openEach,
  RULES_OF_COLOUR,
  WINDOW,
} from '../stack/watch-page.ts';

let browser: Browser;
let dataDir: Awaited<ReturnType<typeof makeDataDir>>;
let server: RunningServer;
let upstream: TestUpstream;
let context: BrowserContext;
let api: Api;
let world: World;

beforeAll(async () => {
  dataDir = await makeDataDir();
  upstream = await startUpstream(HOSTILE_TOOLS);
  const settings = { SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8' };
  [browser, server] = await Promise.all([openBrowser(), startServer(dataDir.path, { settings })]);
  api = await openApi(server, dataDir.path);
  const { page } = await joinAs({ browser, server, api }, 'owner', named('Owner'));
  context = page.context();
  await renameOrg(page);
  // Somebody who can be removed: the only owner cannot.
  const { page: member } = await joinAs({ browser, server, api }, 'viewer', named('Member'));
  await member.context().close();
  world = await makeHostileWorld(api, upstream.url);
  await page.close();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await upstream?.[Symbol.asyncDispose]();
  await dataDir?.remove();
});

/** Only somebody in person can. */
async function renameOrg({ request }: Page): Promise<void> {
  const { org_id: org } = await (await request.get(`${server.origin}/api/v1/me`)).json();
  const answer = await request.patch(`${server.origin}/api/v1/orgs/${org}`, {
    headers: { origin: server.origin },
    data: { name: named('Org') },
  });
  expect(answer.status()).toBe(200);
}

test('every page of the panel is looked at', () => {
  expect(ROUTES.filter((route) => PAGES[route] === undefined)).toEqual([]);
});

/** Light and dark are the same page in other colours; at twice its size it is laid out anew. */
const LOOKS = [
  { name: 'light', colorScheme: 'light', viewport: WINDOW, rules: undefined },
  { name: 'dark', colorScheme: 'dark', viewport: WINDOW, rules: RULES_OF_COLOUR },
  // What a window of 1280 shows at twice its size.
  { name: 'at 200 %', colorScheme: 'light', viewport: { width: 640, height: 400 }, rules: undefined },
] as const;

/** What shows the same to everybody, signed in or not. */
const FOR_ALL = ['/sign-in', '/join', '/allow', '/design'];

/** Where nothing stands that somebody else has written. */
const OUR_WORDS_ONLY = ['/sign-in', '/allow', '/design', '/queues', '/bulk/[id]'];

async function watch(page: Page, path: string): Promise<void> {
  for (const { name, colorScheme, viewport, rules } of LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize(viewport);
    // Lines up with what the look has changed: the next frame is drawn with it.
    await page.evaluate(
      () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
    );
    expect.soft(await findBarriers(page, rules), `${path} ${name}`).toEqual([]);
    if (rules) continue;
    expect.soft(await findSpills(page), `${path} ${name}`).toEqual([]);
    const [wide, seen] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    expect.soft(wide, `${path} scrolls sideways ${name}`).toBeLessThanOrEqual(seen ?? 0);
  }
}

const PHONE = { width: 390, height: 844 };

/** Rows are cards there: all of them can be read and acted on within the width of the page. */
async function watchOnPhone(page: Page, path: string): Promise<void> {
  await page.setViewportSize(PHONE);
  await page.evaluate(
    () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
  );
  expect.soft(await findTooWide(page), `${path} on a phone`).toEqual([]);
  expect.soft(await findSpills(page), `${path} on a phone`).toEqual([]);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  expect.soft(wide, `${path} scrolls sideways on a phone`).toBeLessThanOrEqual(PHONE.width);
}

/** Nothing that somebody wrote has become a part of the page. True: something hostile is shown. */
async function expectText(page: Page, path: string): Promise<boolean> {
  expect.soft(await page.evaluate('globalThis.hacked'), path).toBeUndefined();
  expect.soft(await page.evaluate('({}).hacked'), path).toBeUndefined();
  const alive = page.locator('img[src="x"], script[data-hostile], [href^="javascript:" i]');
  expect.soft(await alive.count(), path).toBe(0);
  return page.evaluate(() => {
    const typed = [...document.querySelectorAll('input')].map(({ value }) => value);
    return [document.querySelector('main')?.textContent, ...typed].join().includes('<img src=x');
  });
}

const POLL = { timeout: 60_000, interval: 500 };

/** The buttons that are there once it is known who looks, for whom some are not. */
async function expectOffers(page: Page, { role, path }: { role: Role; path: string }): Promise<void> {
  await page.getByRole('button', { name: /^Account: / }).waitFor(POLL);
  let offered = await readOffered(page);
  const { wanted } = compareOffers(role, path, []);
  await expect
    .poll(async () => {
      offered = await readOffered(page);
      return compareOffers(role, path, offered.buttons).found;
    }, POLL)
    .toEqual(wanted);
  expect.soft(offered.alerts, `${role} ${path}`).toEqual([]);
  // Of each button that an owner can press it is known who may.
  if (role !== 'owner') return;
  const unknown = offered.buttons.filter((button) => !isKnown(path, button));
  expect.soft(unknown, `${role} ${path}`).toEqual([]);
}

test.each(Object.keys(PAGES))(
  '%s has no barrier in any look, the browser no complaint, and what others wrote stays text',
  async (route) => {
    const paths = PAGES[route]?.(world) ?? [];
    let isHostile = false;
    const links = paths.map((path) => `${server.origin}${path}`);
    for await (const { page, link } of openEach(context, links)) {
      await watch(page, link);
      await watchOnPhone(page, link);
      isHostile = (await expectText(page, link)) || isHostile;
      const path = link.slice(server.origin.length);
      if (!FOR_ALL.includes(route)) await expectOffers(page, { role: 'owner', path });
    }
    if (paths.length > 0) expect.soft(isHostile).toBe(!OUR_WORDS_ONLY.includes(route));
  },
);

/** All pages for those who may least, and for others those on which something is for some only. */
function pathsFor(role: Role): string[] {
  const all = Object.entries(PAGES).flatMap(([route, make]) => (FOR_ALL.includes(route) ? [] : make(world)));
  return ['viewer', 'auditor'].includes(role) ? all : all.filter((path) => offersOf(path).length > 0);
}

async function walk(role: Role): Promise<void> {
  const { page: first } = await joinAs({ browser, server, api }, role);
  const links = pathsFor(role).map((path) => `${server.origin}${path}`);
  for await (const { page, link } of openEach(first.context(), links))
    await expectOffers(page, { role, path: link.slice(server.origin.length) });
  await expectMenu(first, role);
  await expectRefused(first, role);
  await first.context().close();
}

/** Hundreds of pages by five browsers at once: one more try than other journeys have. */
const LONG_WALK = { timeout: 900_000, retry: process.env.CI ? 2 : 0 };

test(
  'each role is offered what the table of permissions allows and refused the rest, and sees no page as broken',
  LONG_WALK,
  async () => {
    await Promise.all(ROLES.filter((role) => role !== 'owner').map(walk));
  },
);

async function expectMenu(page: Page, role: Role): Promise<void> {
  await page.goto(`${server.origin}/pipelines?q=six-stage`);
  await page.getByRole('button', { name: 'What to do with six-stage-data-pipeline' }).click();
  await page.getByRole('menuitem', { name: 'Export as YAML' }).waitFor();
  for (const [name, action] of MENU)
    expect.soft(await page.getByRole('menuitem', { name }).count(), name).toBe(mayRole(role, action) ? 1 : 0);
}

async function expectRefused({ request }: Page, role: Role): Promise<void> {
  for (const [action, path, data] of CALLS.filter(([needs]) => !mayRole(role, needs))) {
    const answer = await request.fetch(`${server.origin}/api/v1${path(world)}`, {
      headers: { origin: server.origin },
      ...(data ? { method: 'POST', data } : {}),
    });
    expect.soft(answer.status(), `${action} ${path(world)}`).toBe(403);
  }
}
