'use client';

import { useQuery } from '@tanstack/react-query';
import type { RunId } from '../../../../server/domain/ids.ts';
import {
  isTaskFailure,
  isTaskHeld,
  TASK_STATUSES,
  type TaskStatus,
} from '../../../../server/domain/statuses.ts';
import { query } from '../../../data/index.ts';
import { GraphView } from '../../../editor/index.ts';
import { lookOfTask } from '../../../looks/index.ts';
import { Broken } from '../../../shell/broken.tsx';
import { useKeys } from '../../../shell/keys/index.ts';
import { Skeleton } from '../../../ui/feedback.tsx';
import { formatCount } from '../../../ui/format.ts';
import { StatusText } from '../../../ui/status.tsx';
import { runWords } from '../run-words.ts';
import type { Run } from '../use-run.ts';
import { stepFrom } from './walk.ts';

interface GraphTabProps {
  run: Run;
  selected: string | null;
  onSelect(stageKey: string | null): void;
}

/** The version that was run, as it was drawn, coloured by how its stages do. */
export function GraphTab({ run, selected, onSelect }: GraphTabProps) {
  const asked = useQuery({
    ...query('runs.graph', { id: run.id as RunId }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { data, error } = asked;
  const { dependencies = [] } = (data?.graph ?? {}) as { dependencies?: { from: string; to: string }[] };
  const step = (way: 'on' | 'back') => {
    const next = selected === null ? run.stages[0]?.key : stepFrom({ dependencies }, selected, way);
    if (next !== undefined) onSelect(next);
  };
  const { keys, graph: text } = runWords;
  useKeys(runWords.title, [
    { keys: 'right', label: keys.on, run: () => step('on') },
    { keys: 'left', label: keys.back, run: () => step('back') },
  ]);
  if (error && !data) return <Broken of={asked} />;
  if (!data) return <Skeleton label={text.loading} rows={12} />;
  const first = run.stages.find(({ state }) => isTaskFailure(state));
  const begin = first ?? run.stages.find(({ state }) => isTaskHeld(state));
  return (
    <div className="flex flex-col gap-3">
      <Broken of={asked} />
      <Legend run={run} />
      <div className="flex h-[calc(100dvh-22rem)] min-h-80 overflow-hidden rounded-lg border border-line bg-page">
        <GraphView
          label={text.label}
          graph={data.graph}
          run={run}
          begin={begin?.key}
          selected={selected}
          onSelect={onSelect}
        />
      </div>
    </div>
  );
}

/** What the marks mean, and how many stages have each just now. */
function Legend({ run }: { run: Run }) {
  const counts = new Map<TaskStatus, number>();
  for (const { state } of run.stages) counts.set(state, (counts.get(state) ?? 0) + 1);
  return (
    <ul aria-label={runWords.graph.legend} className="flex flex-wrap gap-x-5 gap-y-1 text-sm">
      {TASK_STATUSES.filter((status) => counts.has(status)).map((status) => (
        <li key={status} className="flex items-center gap-1.5">
          <StatusText look={lookOfTask(status)} />
          <span className="tabular-nums text-quiet">{formatCount(counts.get(status) ?? 0)}</span>
        </li>
      ))}
    </ul>
  );
}
