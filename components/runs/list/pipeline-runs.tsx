'use client';

import { useQuery } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { useRouter } from 'next/navigation';
import type { PipelineId } from '../../../server/domain/ids.ts';
import { query, useFresh } from '../../data/index.ts';
import { Broken } from '../../shell/broken.tsx';
import { Empty } from '../../ui/feedback.tsx';
import { DataGrid } from '../../ui/grid/index.ts';
import { Link } from '../../ui/link.tsx';
import { Card } from '../../ui/surface.tsx';
import { words } from '../words.ts';
import { runColumns } from './columns.tsx';

const SHOWN = 10;
const LEFT_OUT = ['pipeline', 'finished', 'replay'];

/** The newest runs of one pipeline, as the list of all shows them. */
export function PipelineRuns({ pipelineId }: { pipelineId: string }) {
  const router = useRouter();
  const question = query('runs.list', { pipeline_id: pipelineId as PipelineId, limit: SHOWN });
  const asked = useQuery(question);
  const { data, error } = asked;
  useFresh({ everything: true }, { keys: [question.queryKey], everyMs: 1000 });
  const href = (more: string) => `/runs?pipeline=${pipelineId}${more}`;
  const columns = runColumns({
    nameOf: () => '',
    filterBy: (key, value) => router.push(href(`&${key}=${encodeURIComponent(String(value))}`)),
  });
  return (
    <Card
      title={words.latest}
      flush
      actions={
        <Link href={href('')} className="text-sm text-accent hover:underline">
          {words.allOfPipeline}
        </Link>
      }
    >
      <div className="px-4">
        <Broken of={asked} />
      </div>
      {error && !data ? null : (
        <DataGrid
          label={words.latest}
          columns={columns.flatMap(({ sortable: _, ...column }) =>
            LEFT_OUT.includes(column.key) ? [] : [column],
          )}
          rows={data?.runs}
          keyOf={({ id }) => id}
          onOpen={({ id }) => router.push(`/runs/${id}`)}
          empty={
            <Empty icon={History} title={words.none}>
              {words.noneWhy}
            </Empty>
          }
        />
      )}
    </Card>
  );
}
