import type { Page } from 'playwright-core';
import { beforeAll, expect, inject, test } from 'vitest';
import { limitOf } from '../../scripts/checks/page-sizes.mjs';
import { expectOffers } from '../stack/expect-offers.ts';
import { provideHostileServer } from '../stack/hostile-server.ts';
import { FOR_ALL, PAGES, ROUTES } from '../stack/pages.ts';
import { holdBackIdle, sizeOf } from '../stack/scripts.ts';
import {
  findBarriers,
  findSpills,
  findTooWide,
  openEach,
  RULES_OF_COLOUR,
  WINDOW,
} from '../stack/watch-page.ts';

const { installation, hostile } = provideHostileServer();
beforeAll(() => holdBackIdle(hostile().owner));

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

/** Where nothing stands that somebody else has written. */
const OUR_WORDS_ONLY = ['/sign-in', '/allow', '/design', '/queues'];

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

const PATIENCE_MS = 5000;

/** Whether something hostile is shown: what comes late in a page may have its time. */
const showsHostile = (page: Page, timeout: number): Promise<boolean> =>
  page
    .waitForFunction(
      () => {
        const typed = [...document.querySelectorAll('input')].map(({ value }) => value);
        return [document.querySelector('main')?.textContent, ...typed].join().includes('<img src=x');
      },
      null,
      { timeout },
    )
    .then(
      () => true,
      () => false,
    );

/** Nothing that somebody wrote has become a part of the page. */
async function expectText(page: Page, path: string): Promise<void> {
  expect.soft(await page.evaluate('globalThis.hacked'), path).toBeUndefined();
  expect.soft(await page.evaluate('({}).hacked'), path).toBeUndefined();
  const alive = page.locator('img[src="x"], script[data-hostile], [href^="javascript:" i]');
  expect.soft(await alive.count(), path).toBe(0);
}

test.each(Object.keys(PAGES))(
  '%s has no barrier in any look, no more script than is promised, the browser no complaint, and what others wrote stays text',
  async (route) => {
    const { owner, world } = hostile();
    const { origin } = installation;
    const paths = PAGES[route]?.(world) ?? [];
    let isHostile = false;
    const links = paths.map((path) => `${origin}${path}`);
    for await (const { page, link, scripts } of openEach(owner, links)) {
      expect.soft(sizeOf(scripts), `bytes of script for ${link}`).toBeLessThanOrEqual(limitOf(route));
      // How a page is drawn hangs on no broker: once is enough.
      if (inject('stack') === 'embedded') {
        await watch(page, link);
        await watchOnPhone(page, link);
      } else await page.setViewportSize(PHONE);
      // Of a page with our words only it is known at once; of another the first that shows some is enough.
      const patienceMs = OUR_WORDS_ONLY.includes(route) ? 100 : PATIENCE_MS;
      isHostile ||= await showsHostile(page, patienceMs);
      await expectText(page, link);
      const path = link.slice(origin.length);
      if (!FOR_ALL.includes(route)) await expectOffers(page, { role: 'owner', path });
    }
    if (paths.length > 0) expect.soft(isHostile).toBe(!OUR_WORDS_ONLY.includes(route));
  },
);
