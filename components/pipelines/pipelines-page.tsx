'use client';

import { Play, Workflow } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { ApiError, type ApiPipeline, type ApiRunSummary, api } from '../data/api.ts';
import { RecentRuns } from '../runs/index.ts';
import { Button } from '../ui/button.tsx';
import { Empty, Notice, Skeleton } from '../ui/feedback.tsx';
import { Card, PageHead } from '../ui/surface.tsx';
import { Chip } from '../ui/text.tsx';

interface Loaded {
  pipelines: ApiPipeline[];
  runs: ApiRunSummary[];
}

const RUNS_SHOWN = 10;

export function PipelinesPage() {
  const [loaded, setLoaded] = useState<Loaded>();
  const [error, setError] = useState<ApiError>();
  useEffect(() => {
    Promise.all([api.listPipelines(), api.listRuns(RUNS_SHOWN)]).then(
      ([pipelines, runs]) => setLoaded({ pipelines, runs }),
      (failure) => setError(failure instanceof ApiError ? failure : new ApiError(String(failure), undefined)),
    );
  }, []);
  return (
    <>
      <PageHead title="Pipelines" />
      {error ? <Notice message={error.message} advice={error.advice} /> : null}
      <div className="flex flex-col gap-5">
        <Card flush>
          <ul aria-label="Pipelines" aria-busy={!loaded}>
            {loaded?.pipelines.map((pipeline) => (
              <PipelineRow key={pipeline.id} pipeline={pipeline} onError={setError} />
            ))}
          </ul>
          {loaded ? null : <Skeleton label="Loading the pipelines" rows={4} />}
          {loaded?.pipelines.length === 0 ? (
            <Empty icon={Workflow} title="No pipelines yet">
              Create one with POST /api/v1/pipelines; the README shows how.
            </Empty>
          ) : null}
        </Card>
        <RecentRuns runs={loaded?.runs} pipelines={loaded?.pipelines ?? []} />
      </div>
    </>
  );
}

function PipelineRow({ pipeline, onError }: { pipeline: ApiPipeline; onError(error: ApiError): void }) {
  const router = useRouter();
  const [isStarting, setStarting] = useState(false);
  const start = () => {
    setStarting(true);
    api.runSample(pipeline.id).then(
      (run) => router.push(`/runs/${run.id}`),
      (failure) => {
        setStarting(false);
        onError(failure instanceof ApiError ? failure : new ApiError(String(failure), undefined));
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
      <Button icon={Play} busy={isStarting} disabled={pipeline.version === null} onClick={start}>
        Run with sample data
      </Button>
    </li>
  );
}
