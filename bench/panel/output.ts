import { withAgent } from './agent.ts';
import type { Measurement, PanelContext } from './plan.ts';
import { repeat, visit, watchFrames } from './visit.ts';
import { makeRow, onceFor, publish, start, untilOver } from './world.ts';

const OUTPUT_BYTES = 50_000_000;
const FILE = { name: 'rows.json', contentType: 'application/json' };

/** Fifty megabytes of JSON that a stage gave: asked for, drawn, and scrolled through. */
export async function measureOutput(context: PanelContext): Promise<Measurement[]> {
  const { world } = context;
  const runId = await largeRun(world);
  const sight = { path: `/runs/${runId}?tab=data&show=large`, selector: 'main section header' };
  const seen = await repeat(context.repeats, () =>
    visit(context, sight, async (visited) => {
      const { page } = visited;
      const load = page.getByRole('button', { name: 'Load it' });
      await load.waitFor();
      const openedAt = performance.now();
      let drawnMs = 0;
      const watched = await watchFrames(visited, async () => {
        await load.click();
        const lines = page.locator('pre span', { hasText: /row 0\b/ });
        await lines.first().waitFor();
        drawnMs = performance.now() - openedAt;
        await page.locator('section:has(> pre)').first().hover();
        for (let step = 0; step < 60; step++) await page.mouse.wheel(0, 5000);
      });
      return { drawnMs, ...watched };
    }),
  );
  return [
    { metric: 'asked for until drawn', unit: 'ms', values: seen.map(({ drawnMs }) => drawnMs) },
    {
      metric: 'longest task',
      unit: 'ms',
      budget: 200,
      values: seen.map(({ longestTaskMs }) => longestTaskMs),
    },
    {
      metric: 'CPU of a frame while scrolling',
      unit: 'ms',
      values: seen.map(({ cpuMsPerFrame }) => cpuMsPerFrame),
    },
  ];
}

const largeRun = onceFor((world) => {
  const rows: { id: number; text: string }[] = [];
  for (let bytes = 0; bytes < OUTPUT_BYTES; bytes += 520)
    rows.push({ id: rows.length, text: `row ${rows.length} ${'word '.repeat(96)}` });
  return withAgent(
    world,
    { 'bench-large': ({ upload }) => upload(JSON.stringify({ rows }), FILE) },
    async () => {
      const pipelineId = await publish(
        world,
        makeRow('A large output', [{ key: 'large', type: 'bench-large' }]),
      );
      const runId = await start(world, pipelineId);
      await untilOver(world, runId);
      return runId;
    },
  );
});
