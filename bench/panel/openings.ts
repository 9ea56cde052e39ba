import type { Page } from 'playwright-core';
import { percentile } from '../statistics.ts';
import type { Measurement, PanelContext } from './plan.ts';
import { readInteractiveMs, repeat, visit, watchFrames } from './visit.ts';
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

async function timeOpening(
  context: PanelContext,
  sight: { path: string; selector: string; atLeast?: number },
  budget: number,
): Promise<Measurement> {
  const values = await repeat(context.repeats, () => visit(context, sight, readInteractiveMs));
  return { metric: 'interactive', unit: 'ms', budget, values };
}

export async function measureHome(context: PanelContext): Promise<Measurement[]> {
  return [await timeOpening(context, { path: '/', selector: 'main h1' }, 1500)];
}

/** A thousand stages to draw at, and a box that is dragged over them. */
export async function measureEditor(context: PanelContext): Promise<Measurement[]> {
  const id = await largePipeline(context.world);
  const sight = { path: `/pipelines/${id}/edit`, selector: '.react-flow__node', atLeast: 20 };
  const seen = await repeat(context.repeats, () =>
    visit(context, sight, async (page) => {
      const openedMs = await readInteractiveMs(page);
      return { openedMs, drag: await watchFrames(page, () => dragStage(page)) };
    }),
  );
  return [
    { metric: 'interactive', unit: 'ms', budget: 2000, values: seen.map(({ openedMs }) => openedMs) },
    {
      metric: 'frame while dragging, p95',
      unit: 'ms',
      budget: 50,
      values: seen.map(({ drag }) => percentile(drag.framesMs, 0.95)),
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
  return [await timeOpening(context, { path, selector: '.react-flow__node', atLeast: 20 }, 4000)];
}

export async function measureWaterfall(context: PanelContext): Promise<Measurement[]> {
  const path = `/runs/${await runOf10000(context.world)}`;
  const sight = { path, selector: '[data-testid^="status-"]', atLeast: 8 };
  const seen = await repeat(context.repeats, () =>
    visit(context, sight, async (page) => {
      const openedMs = await readInteractiveMs(page);
      const rows = page.getByRole('region', { name: 'Stages' });
      await rows.hover();
      return { openedMs, scroll: await watchFrames(page, () => scrollDown(page)) };
    }),
  );
  return [
    { metric: 'interactive', unit: 'ms', budget: 1000, values: seen.map(({ openedMs }) => openedMs) },
    {
      metric: 'scrolling',
      unit: 'frames/s',
      budget: 50,
      values: seen.map(({ scroll }) => scroll.framesPerSecond),
    },
  ];
}

async function scrollDown(page: Page): Promise<void> {
  for (let step = 0; step < STEPS * 2; step++) await page.mouse.wheel(0, 240);
}
