'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { ApiError, type ApiPipeline, type ApiRunSummary, api } from '../data/api.ts';
import { RecentRuns } from '../runs/index.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';

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
      <h1 className="text-2xl font-semibold tracking-tight">Pipelines</h1>
      {error ? <Notice message={error.message} advice={error.advice} /> : null}
      <ul aria-label="Pipelines" aria-busy={!loaded} className="mt-6 min-h-32 space-y-4">
        {loaded?.pipelines.map((pipeline) => (
          <PipelineCard key={pipeline.id} pipeline={pipeline} onError={setError} />
        ))}
        {loaded?.pipelines.length === 0 ? <li className="text-quiet">There are no pipelines yet.</li> : null}
      </ul>
      <h2 className="mt-10 text-lg font-semibold tracking-tight">Recent runs</h2>
      <RecentRuns runs={loaded?.runs} pipelines={loaded?.pipelines ?? []} />
    </>
  );
}

function PipelineCard({ pipeline, onError }: { pipeline: ApiPipeline; onError(error: ApiError): void }) {
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
    <li className="flex min-h-24 flex-wrap items-center justify-between gap-4 rounded-lg border border-line bg-card px-5 py-4">
      <div className="min-w-0 max-w-2xl">
        <h2 className="font-medium">{pipeline.name}</h2>
        <p className="mt-1 text-sm text-quiet">{pipeline.description}</p>
        <p className="mt-2 text-sm text-quiet">
          {pipeline.stages} stages ·{' '}
          {pipeline.version === null ? 'not published' : `version ${pipeline.version}`}
        </p>
      </div>
      <Button
        look="primary"
        className="w-52 whitespace-nowrap"
        disabled={isStarting || pipeline.version === null}
        onClick={start}
      >
        {isStarting ? 'Starting…' : 'Run with sample data'}
      </Button>
    </li>
  );
}
