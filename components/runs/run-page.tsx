'use client';

import { useState } from 'react';
import { isRunOver } from '../../server/domain/statuses.ts';
import { ApiError, type ApiRun, api } from '../data/api.ts';
import { lookOfRun } from '../looks/index.ts';
import { Button } from '../ui/button.tsx';
import { Notice, ProgressBar, Skeleton } from '../ui/feedback.tsx';
import { formatDuration } from '../ui/format.ts';
import { StatusPill } from '../ui/status.tsx';
import { Card, PageHead } from '../ui/surface.tsx';
import { Ago, CopyText } from '../ui/text.tsx';
import { canCancel } from './look.ts';
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
      <Card title="Stages" flush>
        <ol aria-label="Stages">
          {run.stages.map((stage) => (
            <StageRow key={stage.task_id} runId={run.id} stage={stage} />
          ))}
        </ol>
      </Card>
    </>
  );
}

function RunHead({ run }: { run: ApiRun }) {
  const percent = Math.round(run.progress * 100);
  const took =
    run.finished_at === null ? undefined : Date.parse(run.finished_at) - Date.parse(run.created_at);
  return (
    <>
      <PageHead
        trail={[{ label: 'Pipelines', href: '/' }]}
        title={
          <>
            Run
            <span
              aria-live="polite"
              data-testid="run-status"
              className="text-base font-normal tracking-normal"
            >
              <StatusPill look={lookOfRun(run.status)} />
            </span>
          </>
        }
        note={
          <span className="flex flex-wrap items-center gap-x-3 text-sm tabular-nums">
            <CopyText what="run id" text={run.id} />
            <span>
              started <Ago at={run.created_at} />
            </span>
            <span>{took === undefined ? `${percent} %` : `took ${formatDuration(took)}`}</span>
          </span>
        }
        actions={<CancelButton run={run} />}
      />
      {isRunOver(run.status) ? null : (
        <div className="mb-5">
          <ProgressBar label="Progress of the run" value={percent / 100} />
        </div>
      )}
    </>
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

function Placeholder() {
  return (
    <Card flush>
      <Skeleton label="Loading the run" rows={12} />
    </Card>
  );
}
