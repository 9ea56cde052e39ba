'use client';

import { useQuery } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { query, useFresh } from '../data/index.ts';
import { lookOfRun } from '../looks/index.ts';
import { Empty, Skeleton } from '../ui/feedback.tsx';
import { Link } from '../ui/link.tsx';
import { StatusText } from '../ui/status.tsx';
import { Card } from '../ui/surface.tsx';
import { Ago } from '../ui/text.tsx';
import { words } from './words.ts';

const SHOWN = 10;
const LATEST = query('runs.list', { limit: SHOWN });

export function RecentRuns({ pipelines }: { pipelines: readonly { id: string; name: string }[] }) {
  const runs = useQuery(LATEST).data?.runs;
  useFresh({ everything: true }, { keys: [LATEST.queryKey], everyMs: 1000 });
  const nameOf = (id: string | null) =>
    pipelines.find((pipeline) => pipeline.id === id)?.name ?? words.recent.alone;
  return (
    <Card title={words.recent.title} flush>
      <ul aria-label={words.recent.title} aria-busy={!runs}>
        {runs?.map((run) => (
          <li key={run.id} className="border-b border-line last:border-b-0">
            <Link
              href={`/runs/${run.id}`}
              className="grid min-h-10 grid-cols-[1fr_auto] items-center gap-4 px-4 py-1.5 text-sm hover:bg-hover focus-visible:-outline-offset-2 sm:grid-cols-[1fr_8rem_8rem]"
            >
              <span className="truncate">{nameOf(run.pipeline_id)}</span>
              <StatusText look={lookOfRun(run.status)} />
              <span className="hidden text-right text-quiet sm:block">
                <Ago at={run.created_at} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {runs ? null : <Skeleton label={words.recent.loading} />}
      {runs?.length === 0 ? (
        <Empty icon={History} title={words.recent.none}>
          {words.recent.noneHint}
        </Empty>
      ) : null}
    </Card>
  );
}
