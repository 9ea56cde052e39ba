'use client';

import { isRunOver } from '../../server/domain/statuses.ts';
import type { Answer } from '../data/index.ts';
import { lookOfRun } from '../looks/index.ts';
import { useAct } from '../shell/use-act.ts';
import { Button } from '../ui/button.tsx';
import { Notice, ProgressBar, Skeleton } from '../ui/feedback.tsx';
import { formatDuration } from '../ui/format.ts';
import { StatusPill } from '../ui/status.tsx';
import { Card, Page, PageHead } from '../ui/surface.tsx';
import { Ago, CopyText } from '../ui/text.tsx';
import { canCancel } from './look.ts';
import { StageRow } from './stage-row.tsx';
import { useRun } from './use-run.ts';

export function RunPage({ id }: { id: string }) {
  const { run, error } = useRun(id);
  if (!run)
    return <Page>{error ? <Notice message={error.message} advice={error.advice} /> : <Placeholder />}</Page>;
  return (
    <Page>
      <RunHead run={run} />
      {run.error ? <Notice message={run.error.message} advice={`Code ${run.error.code}.`} /> : null}
      <Card title="Stages" flush>
        <ol aria-label="Stages">
          {run.stages.map((stage) => (
            <StageRow key={stage.task_id} runId={run.id} stage={stage} />
          ))}
        </ol>
      </Card>
    </Page>
  );
}

type Run = Answer<'runs.get'>;

function RunHead({ run }: { run: Run }) {
  const percent = Math.round(run.progress * 100);
  const took =
    run.finished_at === null ? undefined : Date.parse(run.finished_at) - Date.parse(run.created_at);
  return (
    <>
      <PageHead
        trail={[{ label: 'Pipelines', href: '/pipelines' }]}
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

function CancelButton({ run }: { run: Run }) {
  const cancel = useAct('runs.cancel');
  return (
    <Button onClick={() => cancel.run({ id: run.id })} disabled={!canCancel(run.status)}>
      Cancel
    </Button>
  );
}

function Placeholder() {
  return (
    <Card flush>
      <Skeleton label="Loading the run" rows={12} />
    </Card>
  );
}
