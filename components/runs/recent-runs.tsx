'use client';

import Link from 'next/link';
import type { ApiPipeline, ApiRunSummary } from '../data/api.ts';
import { StatusBadge } from '../ui/status-badge.tsx';
import { lookOfRun } from './look.ts';

export function RecentRuns({
  runs,
  pipelines,
}: {
  runs: ApiRunSummary[] | undefined;
  pipelines: ApiPipeline[];
}) {
  const nameOf = (id: string | null) =>
    pipelines.find((pipeline) => pipeline.id === id)?.name ?? 'Stand-alone task';
  return (
    <ul aria-label="Recent runs" aria-busy={!runs} className="mt-4 rounded-lg border border-line bg-card">
      {runs?.map((run) => (
        <li key={run.id} className="border-b border-line last:border-b-0">
          <Link
            href={`/runs/${run.id}`}
            className="grid min-h-12 grid-cols-[1fr_auto] items-center gap-4 px-5 py-2 hover:bg-page sm:grid-cols-[1fr_8rem_12rem]"
          >
            <span className="truncate">{nameOf(run.pipeline_id)}</span>
            <StatusBadge {...lookOfRun(run.status)} />
            <time
              dateTime={run.created_at}
              className="hidden text-right text-sm tabular-nums text-quiet sm:block"
            >
              {new Date(run.created_at).toLocaleString('en-GB')}
            </time>
          </Link>
        </li>
      ))}
      {runs?.length ? null : (
        <li className="flex min-h-12 items-center px-5 text-quiet">{runs ? 'None yet.' : 'Loading…'}</li>
      )}
    </ul>
  );
}
