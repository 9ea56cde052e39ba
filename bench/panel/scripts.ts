import { HOSTILE_TOOLS, makeHostileWorld } from '../../e2e/stack/hostile-world.ts';
import { PAGES } from '../../e2e/stack/pages.ts';
import { sizeOf } from '../../e2e/stack/scripts.ts';
import { limitOf } from '../../scripts/checks/page-sizes.mjs';
import { startUpstream } from '../../server/testing/mcp-upstream.ts';
import type { Measurement, PanelContext } from './plan.ts';
import { readOpening, visit } from './visit.ts';
import { makeWorld } from './world.ts';

const KB = 1000;

/** What a browser that comes for the first time fetches of script until a page can be used, packed as it is sent. */
export async function measureScripts(context: PanelContext): Promise<Measurement[]> {
  await using upstream = await startUpstream(HOSTILE_TOOLS);
  // One of everything, in a folder of its own: none of the others looks at it.
  const world = await makeWorld(context.browser);
  try {
    const ids = await makeHostileWorld(world, upstream.url);
    const found: Measurement[] = [];
    for (const [route, pathsOf] of Object.entries(PAGES)) {
      const paths = pathsOf(ids);
      if (paths.length === 0) continue;
      const bytes = await readLargest({ ...context, world }, paths);
      found.push({ metric: route, unit: 'kB', budget: limitOf(route) / KB, values: [bytes / KB] });
    }
    return found.toSorted((a, b) => (b.values[0] ?? 0) - (a.values[0] ?? 0));
  } finally {
    await world.close();
  }
}

/** Of a page with tabs the one that needs most. */
async function readLargest(context: PanelContext, paths: readonly string[]): Promise<number> {
  let largest = 0;
  for (const path of paths) {
    const sight = { path, selector: 'h1' };
    const bytes = await visit(context, sight, async (visited) => {
      await visited.page.waitForLoadState('networkidle');
      await readOpening(visited);
      return sizeOf(visited.scripts());
    });
    largest = Math.max(largest, bytes);
  }
  return largest;
}
