import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { percentile } from '../statistics.ts';
import { withAgent } from './agent.ts';
import type { Measurement, PanelContext } from './plan.ts';
import { visit, watchFrames } from './visit.ts';
import { makeRow, publish, start, untilOver } from './world.ts';

const WRITE_EVERY_MS = 50;
const LINES_A_SECOND = 10_000;

/** A stage that writes ten thousand lines a second, and somebody who follows its log. */
export async function measureLogs(context: PanelContext): Promise<Measurement[]> {
  const { world, logSeconds } = context;
  const capability = `flood-${crypto.randomUUID().slice(0, 8)}`;
  let writtenPerSecond = 0;
  const handlers = {
    async [capability]({ log }: { log(level: 'info', message: string): void }) {
      const startedAt = performance.now();
      let line = 0;
      while (performance.now() - startedAt < logSeconds * 1000) {
        const due = Math.floor(((performance.now() - startedAt) / 1000) * LINES_A_SECOND);
        for (; line < due; line++)
          log('info', `line ${line} at=${Date.now()} of a flood that goes on and on`);
        await delay(WRITE_EVERY_MS);
      }
      writtenPerSecond = line / ((performance.now() - startedAt) / 1000);
      return { line };
    },
  };
  return withAgent(world, handlers, async () => {
    const runId = await start(
      world,
      await publish(world, makeRow(capability, [{ key: 'flood', type: capability }])),
    );
    const sight = { path: `/runs/${runId}?tab=logs`, selector: 'section[aria-label] ol li' };
    return visit(context, sight, async (visited) => {
      const ages: number[] = [];
      const { longestTaskMs, framesMs } = await watchFrames(visited, async () => {
        for (let second = 0; second < logSeconds - 2; second++) {
          await delay(1000);
          ages.push(await readNewestAgeMs(visited.page));
        }
      });
      await untilOver(world, runId);
      return [
        { metric: 'written', unit: 'lines/s', values: [writtenPerSecond] },
        { metric: 'longest task', unit: 'ms', budget: 200, values: [longestTaskMs] },
        { metric: 'frame, p95', unit: 'ms', values: [percentile(framesMs, 0.95)] },
        { metric: 'age of the newest line in sight, p50', unit: 'ms', values: [percentile(ages, 0.5)] },
      ];
    });
  });
}

const readNewestAgeMs = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const times = [...document.querySelectorAll('section[aria-label] ol li')].flatMap((line) => {
      const at = /at=(\d+)/.exec(line.textContent ?? '')?.[1];
      return at === undefined ? [] : [Number(at)];
    });
    return Date.now() - Math.max(...times);
  });
