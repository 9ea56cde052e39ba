import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { percentile } from '../statistics.ts';
import type { Measurement, PanelContext } from './plan.ts';
import { type Opening, readOpening, tellOpenings, visit } from './visit.ts';
import { onceFor, seedRuns } from './world.ts';

/** One for both profiles. */
const makeHistory = onceFor(seedRuns);
/** What holds the place of runs is there before they are; lists with filters may have none. */
const A_RUN = '[role=row] a[href^="/runs/run_"]';
const LIST = '[role=grid]';
const PLAIN = '/runs';
const LISTS = [
  PLAIN,
  '/runs?status=failed',
  '/runs?status=succeeded&sort=duration:desc',
  '/runs?created=24h',
  '/runs?status=running',
];

/** The list of runs over a long history: how soon it can be used, and each answer as the browser had to wait for it. */
export async function measureRuns(context: PanelContext): Promise<Measurement[]> {
  const { world, runs, repeats } = context;
  await makeHistory(world, runs);
  const openings: Opening[] = [];
  const answers: number[] = [];
  for (const path of Array.from({ length: repeats }).flatMap(() => LISTS)) {
    await visit(context, { path, selector: path === PLAIN ? A_RUN : LIST }, async (visited) => {
      const opening = await readOpening(visited);
      if (path === PLAIN) openings.push(opening);
      answers.push(...(await readAnswers(visited.page)));
    });
  }
  const size = `${runs.toLocaleString('en-US')} runs`;
  return [
    ...tellOpenings(openings, 1500),
    { metric: `page of ${size} answered, p50`, unit: 'ms', values: [percentile(answers, 0.5)] },
    { metric: `page of ${size} answered, p95`, unit: 'ms', budget: 200, values: [percentile(answers, 0.95)] },
  ];
}

/** How long the browser waited for each page of the list while it was scrolled. */
async function readAnswers(page: Page): Promise<number[]> {
  await page.getByRole('grid').first().hover();
  for (let step = 0; step < 12; step++) {
    await page.mouse.wheel(0, 3000);
    await delay(100);
  }
  return page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .filter(({ name }) => name.includes('/runs.list?'))
      .map(({ duration }) => duration),
  );
}
