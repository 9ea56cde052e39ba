import type { CDPSession, Page } from 'playwright-core';
import { listenForScripts } from '../../e2e/stack/scripts.ts';
import { type Measurement, type PanelContext, PROFILES } from './plan.ts';
import { installProbe } from './probe.ts';

const CALM_MS = 500;
const LONGEST_MS = 180_000;

export interface Sight {
  path: string;
  /** What is there when the page can be used. */
  selector: string;
  atLeast?: number;
}

export interface Visited {
  page: Page;
  /** What the page's main thread has worked so far: others who use the machine do not count into it. */
  readCpuMs(): Promise<number>;
  /** What it has fetched of script so far. */
  scripts(): ReadonlySet<string>;
}

async function readCpuMs(devtools: CDPSession): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000;
}

/** A page of a new browser profile, with nothing in its cache, as whoever comes for the first time. */
export async function visit<T>(
  { browser, world, profile }: PanelContext,
  { path, selector, atLeast = 1 }: Sight,
  look: (visited: Visited) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    storageState: world.session,
  });
  try {
    const page = await context.newPage();
    const scripts = listenForScripts(page);
    page.setDefaultTimeout(LONGEST_MS);
    const devtools = await context.newCDPSession(page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: PROFILES[profile] });
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    await page.addInitScript(installProbe, { selector, atLeast });
    await page.goto(world.origin + path, { waitUntil: 'commit' });
    await page.waitForFunction(() => window.panelProbe.drawnAt !== undefined, undefined, {
      timeout: LONGEST_MS,
    });
    return await look({ page, scripts, readCpuMs: () => readCpuMs(devtools) });
  } finally {
    await context.close();
  }
}

export interface Opening {
  readyMs: number;
  cpuMs: number;
}

/** From the call of the address until it was painted and the page had time for its user, and what that cost. */
export async function readOpening({ page, readCpuMs: readCpu }: Visited): Promise<Opening> {
  await page.waitForFunction(
    (calmMs) => {
      const { drawnAt = 0, longTasks } = window.panelProbe;
      const busyUntil = longTasks.reduce((latest, { at, ms }) => Math.max(latest, at + ms), drawnAt);
      return performance.now() > busyUntil + calmMs;
    },
    CALM_MS,
    { timeout: LONGEST_MS },
  );
  const cpuMs = await readCpu();
  const readyMs = await page.evaluate((calmMs) => {
    const { drawnAt = 0, longTasks } = window.panelProbe;
    // What begins after a while of calm is no part of the opening.
    return longTasks
      .toSorted((a, b) => a.at - b.at)
      .reduce((ready, { at, ms }) => (at < ready + calmMs ? Math.max(ready, at + ms) : ready), drawnAt);
  }, CALM_MS);
  return { readyMs, cpuMs };
}

export function tellOpenings(openings: readonly Opening[], budget: number): Measurement[] {
  return [
    { metric: 'interactive', unit: 'ms', budget, values: openings.map(({ readyMs }) => readyMs) },
    { metric: 'CPU of its main thread', unit: 'ms', values: openings.map(({ cpuMs }) => cpuMs) },
  ];
}

/** How often the visit is repeated, and what each of them gave. */
export async function repeat<T>(times: number, once: () => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (let lap = 0; lap < times; lap++) all.push(await once());
  return all;
}

/** What the page did while `act` went on: its frames, its longest piece of work without a pause, and what it cost. */
export async function watchFrames({ page, readCpuMs: readCpu }: Visited, act: () => Promise<void>) {
  const from = await page.evaluate(() => {
    window.panelProbe.startFrames();
    return performance.now();
  });
  const cpuBefore = await readCpu();
  await act();
  const cpuMs = (await readCpu()) - cpuBefore;
  const seen = await page.evaluate((since) => {
    const framesMs = window.panelProbe.stopFrames();
    const lastedMs = performance.now() - since;
    const longestTaskMs = window.panelProbe.longTasks
      .filter(({ at }) => at >= since)
      .reduce((most, { ms }) => Math.max(most, ms), 0);
    return { framesMs, framesPerSecond: (framesMs.length / lastedMs) * 1000, longestTaskMs };
  }, from);
  return { ...seen, cpuMsPerFrame: cpuMs / Math.max(1, seen.framesMs.length) };
}
