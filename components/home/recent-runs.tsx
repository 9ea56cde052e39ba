'use client';

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { type Answer, query, useFresh } from '../data/index.ts';
import { lookOfRun } from '../looks/index.ts';
import { Broken } from '../shell/broken.tsx';
import { Empty, Skeleton } from '../ui/feedback.tsx';
import { Link } from '../ui/link.tsx';
import { StatusText } from '../ui/status.tsx';
import { Card } from '../ui/surface.tsx';
import { Ago } from '../ui/text.tsx';
import { words } from './words.ts';

const SHOWN = 10;
const LATEST = query('runs.list', { limit: SHOWN });

export function RecentRuns() {
  const asked = useQuery(LATEST);
  const runs = asked.data?.runs;
  useFresh({ everything: true }, { keys: [LATEST.queryKey], everyMs: 1000 });
  const nameOf = useNames(runs ?? []);
  return (
    <Card title={words.recent.title} actions={<AllRuns />} flush>
      <ul aria-label={words.recent.title} aria-busy={!runs}>
        {runs?.map((run) => (
          <li key={run.id} className="border-b border-line last:border-b-0">
            <Link
              href={`/runs/${run.id}`}
              className="grid min-h-10 grid-cols-[1fr_auto] items-center gap-4 px-4 py-1.5 text-sm hover:bg-hover focus-visible:-outline-offset-2 sm:grid-cols-[minmax(0,2fr)_8rem_minmax(0,3fr)_6rem]"
            >
              <span className="truncate">{nameOf(run.pipeline_id)}</span>
              <StatusText look={lookOfRun(run.status)} />
              <span className="hidden truncate text-quiet sm:block">
                {run.error?.message ?? words.recent.stages(run.tasks_total - run.tasks_left, run.tasks_total)}
              </span>
              <span className="hidden text-right text-quiet sm:block">
                <Ago at={run.created_at} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {runs || asked.error ? null : <Skeleton label={words.recent.loading} rows={SHOWN} />}
      {runs ? null : (
        <div className="px-4">
          <Broken of={asked} />
        </div>
      )}
      {runs?.length === 0 ? (
        <Empty icon={History} title={words.recent.none}>
          {words.recent.noneHint}
        </Empty>
      ) : null}
    </Card>
  );
}

type Latest = Answer<'runs.list'>['runs'];

/** Asked for by id: those of archived pipelines too, however many others there are. */
function useNames(runs: Latest): (id: string | null) => string {
  const ids = [...new Set(runs.flatMap(({ pipeline_id: id }) => id ?? []))].sort();
  const { data } = useQuery({
    ...query('pipelines.list', { ids, limit: SHOWN }),
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
  });
  const byId = new Map(data?.pipelines.map(({ id, name }) => [id as string, name]));
  return (id) => (id === null ? words.recent.alone : (byId.get(id) ?? ''));
}

function AllRuns() {
  return (
    <Link href="/runs" className="text-sm text-accent hover:underline">
      {words.recent.all}
    </Link>
  );
}
