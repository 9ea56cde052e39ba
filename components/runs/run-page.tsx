'use client';

import { useState } from 'react';
import { ApiError, type ApiRun, api } from '../data/api.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { StatusBadge } from '../ui/status-badge.tsx';
import { canCancel, formatDuration, isRunOver, lookOfRun } from './look.ts';
import { StageRow } from './stage-row.tsx';
import { useRun } from './use-run.ts';

export function RunPage({ id }: { id: string }) {
  const { run, error, isLive } = useRun(id);
  if (!run) return error ? <Notice message={error.message} advice={error.advice} /> : <Placeholder />;
  return (
    <>
      <RunHead run={run} />
      {isLive || isRunOver(run.status) ? null : <Notice message="The connection is cut; trying again." />}
      {run.error ? <Notice message={run.error.message} advice={`Code ${run.error.code}.`} /> : null}
      <ol aria-label="Stages" className="mt-6 rounded-lg border border-line bg-card">
        {run.stages.map((stage) => (
          <StageRow key={stage.task_id} runId={run.id} stage={stage} />
        ))}
      </ol>
    </>
  );
}

function RunHead({ run }: { run: ApiRun }) {
  const percent = Math.round(run.progress * 100);
  const took =
    run.finished_at === null ? undefined : Date.parse(run.finished_at) - Date.parse(run.created_at);
  return (
    <div>
      <div className="flex flex-wrap items-start justify-between gap-4">
        <div>
          <h1 className="text-2xl font-semibold tracking-tight">Run</h1>
          <p className="mt-1 font-mono text-xs text-quiet">{run.id}</p>
        </div>
        <CancelButton run={run} />
      </div>
      <p aria-live="polite" className="mt-4 flex h-6 items-center gap-4 text-sm">
        <span data-testid="run-status">
          <StatusBadge {...lookOfRun(run.status)} />
        </span>
        <span className="tabular-nums text-quiet">
          {took === undefined ? `${percent} %` : `took ${formatDuration(took)}`}
        </span>
      </p>
      <progress
        aria-label="Progress of the run"
        max={100}
        value={percent}
        className="mt-2 progress-bar block h-1.5 w-full"
      />
    </div>
  );
}

function CancelButton({ run }: { run: ApiRun }) {
  const [failure, setFailure] = useState<ApiError>();
  const cancel = () => {
    api.cancelRun(run.id).catch((error) => setFailure(error instanceof ApiError ? error : undefined));
  };
  return (
    <div>
      <Button onClick={cancel} disabled={!canCancel(run.status)}>
        Cancel
      </Button>
      {failure ? <Notice message={failure.message} advice={failure.advice} /> : null}
    </div>
  );
}

/** As tall as what comes, so that nothing jumps. */
function Placeholder() {
  return (
    <div role="status" className="h-[34rem] text-quiet">
      Loading the run…
    </div>
  );
}
