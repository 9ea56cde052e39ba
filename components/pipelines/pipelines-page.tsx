'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { PencilRuler, Play, Workflow } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import type { Json } from '../../server/domain/json.ts';
import { type Answer, type ApiError, act, ask, pages } from '../data/index.ts';
import { RecentRuns } from '../runs/index.ts';
import { Button, LinkButton } from '../ui/button.tsx';
import { Empty, Notice, Skeleton } from '../ui/feedback.tsx';
import { Card, Page, PageHead } from '../ui/surface.tsx';
import { Chip } from '../ui/text.tsx';
import { NewPipeline } from './new-pipeline.tsx';

type Pipeline = Answer<'pipelines.list'>['pipelines'][number];

export function PipelinesPage() {
  const { data, error } = useInfiniteQuery(pages('pipelines.list', {}));
  const [failure, setFailure] = useState<ApiError>();
  const pipelines = data?.pages.flatMap((page) => page.pipelines);
  const shown = failure ?? error;
  return (
    <Page>
      <PageHead title="Pipelines" actions={<NewPipeline />} />
      {shown ? <Notice message={shown.message} advice={shown.advice} /> : null}
      <div className="flex flex-col gap-5">
        <Card flush>
          <ul aria-label="Pipelines" aria-busy={!pipelines}>
            {pipelines?.map((pipeline) => (
              <PipelineRow key={pipeline.id} pipeline={pipeline} onError={setFailure} />
            ))}
          </ul>
          {pipelines || error ? null : <Skeleton label="Loading the pipelines" rows={4} />}
          {pipelines?.length === 0 ? (
            <Empty icon={Workflow} title="No pipelines yet" action={<NewPipeline />}>
              Draw one, or create it with POST /api/v1/pipelines.
            </Empty>
          ) : null}
        </Card>
        <RecentRuns pipelines={pipelines ?? []} />
      </div>
    </Page>
  );
}

/** Starts it on the first example of its input schema. */
async function runSample(id: string) {
  const { version } = await ask('pipelines.get', { id });
  const graph = version?.graph as { inputSchema?: { examples?: Json[] } } | undefined;
  return act('pipelines.execute', {
    id,
    input_data: graph?.inputSchema?.examples?.[0] ?? null,
    idempotency_key: crypto.randomUUID(),
  });
}

function PipelineRow({ pipeline, onError }: { pipeline: Pipeline; onError(error: ApiError): void }) {
  const router = useRouter();
  const [isStarting, setStarting] = useState(false);
  const start = () => {
    setStarting(true);
    runSample(pipeline.id).then(
      (run) => router.push(`/runs/${run.id}`),
      (failure) => {
        setStarting(false);
        onError(failure as ApiError);
      },
    );
  };
  return (
    <li className="flex min-h-20 flex-wrap items-center justify-between gap-x-6 gap-y-3 border-b border-line px-4 py-3 last:border-b-0">
      <div className="min-w-0 max-w-2xl">
        <h2 className="flex items-center gap-2 font-medium">
          {pipeline.name}
          <Chip>{pipeline.version === null ? 'not published' : `v${pipeline.version}`}</Chip>
        </h2>
        <p className="mt-0.5 text-sm text-quiet">{pipeline.description}</p>
        <p className="mt-1 text-xs text-quiet">{pipeline.stages} stages</p>
      </div>
      <div className="flex items-center gap-2">
        <LinkButton href={`/pipelines/${pipeline.id}/edit`} icon={PencilRuler}>
          Edit
        </LinkButton>
        <Button icon={Play} busy={isStarting} disabled={pipeline.version === null} onClick={start}>
          Run with sample data
        </Button>
      </div>
    </li>
  );
}
