import { readPageSizes } from '../../scripts/checks/page-sizes.mjs';
import { ensureBuilt } from '../../scripts/lib/build.mjs';
import { ROOT } from '../../scripts/lib/paths.mjs';
import type { Measurement } from './plan.ts';

const KB = 1000;

interface PageSize {
  route: string;
  bytes: number;
  limitBytes: number;
}

/** What each page loads of script at first, packed as it is sent. */
export async function measureScripts(): Promise<Measurement[]> {
  await ensureBuilt();
  return (readPageSizes(ROOT) as PageSize[])
    .toSorted((a, b) => b.bytes - a.bytes)
    .map(({ route, bytes, limitBytes }) => ({
      ...{ metric: route, unit: 'kB' as const, budget: limitBytes / KB },
      values: [bytes / KB],
    }));
}
