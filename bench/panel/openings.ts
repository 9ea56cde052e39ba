import type { Page } from 'playwright-core';
import { percentile } from '../statistics.ts';
import type { Measurement, PanelContext } from './plan.ts';
import { readOpening, repeat, type Sight, tellOpenings, visit, watchFrames } from './visit.ts';
import { makeGrid, onceFor, publish, start, untilOver } from './world.ts';

const STEPS = 90;

const runOf = (name: string, stages: number, tall: number) =>
  onceFor(async (world) => {
    const id = await start(world, await publish(world, makeGrid(name, stages, tall)));
    await untilOver(world, id);
    return id;
  });
const largePipeline = onceFor((world) => publish(world, makeGrid('1,000 stages', 1000)));
const runOf3000 = runOf('3,000 stages', 3000, 60);
const runOf10000 = runOf('10,000 stages', 10_000, 1000);

async function timeOpening(context: PanelContext, sight: Sight, budget: number): Promise<Measurement[]> {
  return tellOpenings(await repeat(context.repeats, () => visit(context, sight, readOpening)), budget);
}

export function measureHome(context: PanelContext): Promise<Measurement[]> {
  // A number with the list behind it: its head is there before anything is known.
  return timeOpening(context, { path: '/', selector: 'main a[href^="/runs?"]' }, 1500);
}

/** A thousand stages to draw at, and a box that is dragged over them. */
export async function measureEditor(context: PanelContext): Promise<Measurement[]> {
  const id = await largePipeline(context.world);
  const sight = { path: `/pipelines/${id}/edit`, selector: '.react-flow__node', atLeast: 20 };
  const seen = await repeat(context.repeats, () =>
    visit(context, sight, async (visited) => {
      const opening = await readOpening(visited);
      return { opening, drag: await watchFrames(visited, () => dragStage(visited.page)) };
    }),
  );
  return [
    ...tellOpenings(
      seen.map(({ opening }) => opening),
      2000,
    ),
    {
      metric: 'frame while dragging, p95',
      unit: 'ms',
      budget: 50,
      values: seen.map(({ drag }) => percentile(drag.framesMs, 0.95)),
    },
    {
      metric: 'CPU of a frame while dragging',
      unit: 'ms',
      values: seen.map(({ drag }) => drag.cpuMsPerFrame),
    },
  ];
}

async function dragStage(page: Page): Promise<void> {
  const canvas = await page.locator('.react-flow').boundingBox();
  if (!canvas) throw new Error('There is no canvas.');
  // One in the middle: what is at the edge may lie under the tools.
  const { x, y } = await page.evaluate(
    ({ left, top }) => {
      const boxes = [...document.querySelectorAll('.react-flow__node')].map((node) =>
        node.getBoundingClientRect(),
      );
      const far = (box: DOMRect) => Math.hypot(box.x + box.width / 2 - left, box.y + box.height / 2 - top);
      const nearest = boxes.toSorted((a, b) => far(a) - far(b))[0] as DOMRect;
      return { x: nearest.x + nearest.width / 2, y: nearest.y + nearest.height / 2 };
    },
    { left: canvas.x + canvas.width / 2, top: canvas.y + canvas.height / 2 },
  );
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let step = 1; step <= STEPS; step++) await page.mouse.move(x + step * 2, y + Math.sin(step / 8) * 60);
  await page.mouse.up();
}

export async function measureGraph(context: PanelContext): Promise<Measurement[]> {
  const path = `/runs/${await runOf3000(context.world)}?tab=graph`;
  return timeOpening(context, { path, selector: '[data-stage]', atLeast: 20 }, 4000);
}

export async function measureWaterfall(context: PanelContext): Promise<Measurement[]> {
  const path = `/runs/${await runOf10000(context.world)}`;
  const sight = { path, selector: '[data-testid^="status-"]', atLeast: 8 };
  const seen = await repeat(context.repeats, () =>
    visit(context, sight, async (visited) => {
      const opening = await readOpening(visited);
      await visited.page.getByRole('region', { name: 'Stages' }).hover();
      return { opening, scroll: await watchFrames(visited, () => scrollDown(visited.page)) };
    }),
  );
  return [
    ...tellOpenings(
      seen.map(({ opening }) => opening),
      1000,
    ),
    {
      metric: 'scrolling',
      unit: 'frames/s',
      budget: 50,
      values: seen.map(({ scroll }) => scroll.framesPerSecond),
    },
    {
      metric: 'CPU of a frame while scrolling',
      unit: 'ms',
      values: seen.map(({ scroll }) => scroll.cpuMsPerFrame),
    },
  ];
}

async function scrollDown(page: Page): Promise<void> {
  for (let step = 0; step < STEPS * 2; step++) await page.mouse.wheel(0, 240);
}
