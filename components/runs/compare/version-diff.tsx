'use client';

import { DiffList } from '../../editor/index.ts';
import { Skeleton } from '../../ui/feedback.tsx';
import type { Run } from '../run/use-run.ts';
import { useGraphOf } from './compare-graph.tsx';
import { words } from './words.ts';

/** What was changed in the pipeline between the two: much of how they differ comes from there. */
export function VersionDiff({ first, second }: { first: Run; second: Run }) {
  const [a, b] = [useGraphOf(first), useGraphOf(second)];
  if (!a.data || !b.data)
    // That they could not be read is told by the graph above.
    return a.error || b.error ? null : <Skeleton label={words.loadingGraph} rows={3} />;
  return <DiffList before={a.data.graph} after={b.data.graph} />;
}
