import type { Page } from 'playwright-core';
import { type PanelContext, PROFILES } from './plan.ts';
import { installProbe } from './probe.ts';

const CALM_MS = 500;
const LONGEST_MS = 180_000;

export interface Sight {
  path: string;
  /** What is there when the page can be used. */
  selector: string;
  atLeast?: number;
}

/** A page of a new browser profile, with nothing in its cache, as whoever comes for the first time. */
export async function visit<T>(
  { browser, world, profile }: PanelContext,
  { path, selector, atLeast = 1 }: Sight,
  look: (page: Page) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    storageState: world.session,
  });
  try {
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: PROFILES[profile] });
    await page.addInitScript(installProbe, { selector, atLeast });
    await page.goto(world.origin + path, { waitUntil: 'commit' });
    await page.waitForFunction(() => window.panelProbe.drawnAt !== undefined, undefined, {
      timeout: LONGEST_MS,
    });
    return await look(page);
  } finally {
    await context.close();
  }
}

/** From the call of the address until it was painted and the page had time for its user. */
export async function readInteractiveMs(page: Page): Promise<number> {
  await page.waitForFunction(
    (calmMs) => {
      const { drawnAt = 0, longTasks } = window.panelProbe;
      const busyUntil = longTasks.reduce((latest, { at, ms }) => Math.max(latest, at + ms), drawnAt);
      return performance.now() > busyUntil + calmMs;
    },
    CALM_MS,
    { timeout: LONGEST_MS },
  );
  return page.evaluate((calmMs) => {
    const { drawnAt = 0, longTasks } = window.panelProbe;
    // What begins after a while of calm is no part of the opening.
    return longTasks
      .toSorted((a, b) => a.at - b.at)
      .reduce((ready, { at, ms }) => (at < ready + calmMs ? Math.max(ready, at + ms) : ready), drawnAt);
  }, CALM_MS);
}

/** How often the visit is repeated, and what each of them gave. */
export async function repeat<T>(times: number, once: () => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (let lap = 0; lap < times; lap++) all.push(await once());
  return all;
}

/** What the page did while `act` went on: how long its frames took, and its longest piece of work without a pause. */
export async function watchFrames(page: Page, act: () => Promise<void>) {
  const from = await page.evaluate(() => {
    window.panelProbe.startFrames();
    return performance.now();
  });
  await act();
  return page.evaluate((since) => {
    const framesMs = window.panelProbe.stopFrames();
    const lastedMs = performance.now() - since;
    const longest = window.panelProbe.longTasks
      .filter(({ at }) => at >= since)
      .reduce((most, { ms }) => Math.max(most, ms), 0);
    return { framesMs, framesPerSecond: (framesMs.length / lastedMs) * 1000, longestTaskMs: longest };
  }, from);
}
