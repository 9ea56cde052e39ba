'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { RunId } from '../../../server/domain/ids.ts';
import { query } from '../../data/index.ts';
import { GraphView, type StageMark } from '../../editor/index.ts';
import { lookOfTask } from '../../looks/index.ts';
import { Broken } from '../../shell/broken.tsx';
import { Skeleton } from '../../ui/feedback.tsx';
import { formatDuration } from '../../ui/format.ts';
import type { Run } from '../run/use-run.ts';
import type { StagePair } from './compare-runs.ts';
import { type DrawnGraph, mergeGraphs } from './merge-graphs.ts';
import { words } from './words.ts';

export interface CompareGraphProps {
  first: Run;
  second: Run;
  pairs: readonly StagePair[];
  selected: string | null;
  onSelect(stageKey: string | null): void;
}

export const useGraphOf = (run: Run) =>
  useQuery({ ...query('runs.graph', { id: run.id as RunId }), staleTime: Number.POSITIVE_INFINITY });

/** Both runs on one graph: stages are in the state that the second left them in, and say how they differ from the first. */
export function CompareGraph({ first, second, pairs, selected, onSelect }: CompareGraphProps) {
  const [a, b] = [useGraphOf(first), useGraphOf(second)];
  const graph = useMemo(
    () =>
      a.data && b.data ? mergeGraphs(a.data.graph as DrawnGraph, b.data.graph as DrawnGraph) : undefined,
    [a.data, b.data],
  );
  // Of stages that the second has not, what the first made of them.
  const shown = useMemo(() => {
    const ofSecond = new Set(second.stages.map(({ key }) => key));
    const others = first.stages.filter(({ key }) => !ofSecond.has(key));
    return { id: second.id, status: second.status, stages: [...second.stages, ...others] };
  }, [first, second]);
  const marks = useMemo(() => new Map(pairs.flatMap((pair) => markOf(pair))), [pairs]);
  if (!graph && (a.error ?? b.error)) return <Broken of={[a, b]} />;
  if (!graph) return <Skeleton label={words.loadingGraph} rows={8} />;
  return (
    <div className="flex h-[26rem] overflow-hidden bg-page">
      <GraphView
        key={`${first.id} ${second.id}`}
        label={words.graph}
        graph={graph}
        run={shown}
        marks={marks}
        begin={pairs.find(({ isDifferent }) => isDifferent)?.key}
        selected={selected}
        onSelect={onSelect}
      />
    </div>
  );
}

function markOf({ key, a, b, deltaMs }: StagePair): [string, StageMark][] {
  if (!a) return [[key, { text: words.onlySecond, tone: 'good' }]];
  if (!b) return [[key, { text: words.onlyFirst, tone: 'warn' }]];
  if (a.state !== b.state)
    return [
      [
        key,
        {
          text: words.was(lookOfTask(a.state).label),
          tone: lookOfTask(b.state).tone === 'bad' ? 'bad' : 'warn',
        },
      ],
    ];
  if (a.type !== b.type) return [[key, { text: words.was(a.type), tone: 'warn' }]];
  if (deltaMs === undefined || deltaMs === 0) return [];
  const sign = deltaMs > 0 ? '+' : '−';
  return [
    [key, { text: `${sign}${formatDuration(Math.abs(deltaMs))}`, tone: deltaMs > 0 ? 'warn' : 'good' }],
  ];
}
