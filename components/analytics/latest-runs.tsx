'use client';

import { useQuery } from '@tanstack/react-query';
import { query } from '../data/index.ts';
import { lookOfRun } from '../looks/index.ts';
import { Broken } from '../shell/broken.tsx';
import { Skeleton } from '../ui/feedback.tsx';
import { Link } from '../ui/link.tsx';
import { shortId } from '../ui/short-id.ts';
import { StatusText } from '../ui/status.tsx';
import { Card } from '../ui/surface.tsx';
import { Table } from '../ui/table.tsx';
import { Ago } from '../ui/text.tsx';
import { formatCount } from './format.ts';
import { words } from './words.ts';

const SHOWN = 10;

/** The newest runs that failed in this way, whatever the range. */
export function LatestRuns({ group, href, count }: { group: string; href: string; count: number }) {
  const list = useQuery(query('runs.list', { error_group: group, limit: SHOWN }));
  const runs = list.data?.runs;
  return (
    <Card
      title={words.errors.latest}
      flush
      actions={
        <Link href={href} className="text-sm text-accent hover:underline">
          {words.errors.seeRuns(formatCount(count))}
        </Link>
      }
    >
      {runs ? (
        <Table
          label={words.errors.latest}
          rows={runs}
          keyOf={({ id }) => id}
          columns={[
            {
              key: 'id',
              title: words.errors.columns.run,
              cell: ({ id }) => (
                <Link href={`/runs/${id}`} className="font-mono text-xs hover:underline">
                  {shortId(id)}
                </Link>
              ),
            },
            {
              key: 'status',
              title: words.errors.columns.status,
              onPhone: 'side',
              cell: ({ status }) => <StatusText look={lookOfRun(status)} />,
            },
            {
              key: 'error',
              title: words.errors.columns.error,
              cell: ({ error }) => error?.message ?? '',
            },
            {
              key: 'at',
              title: words.errors.columns.started,
              align: 'end',
              cell: ({ created_at }) => <Ago at={created_at} />,
            },
          ]}
        />
      ) : (
        <Skeleton label={words.loading} />
      )}
      <Broken of={list} />
    </Card>
  );
}
