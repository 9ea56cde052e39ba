'use client';

import { useQuery } from '@tanstack/react-query';
import { RotateCcw, Zap } from 'lucide-react';
import { useRef, useState } from 'react';
import type { RunId, TaskId } from '../../../../server/domain/ids.ts';
import { isRunOver, isTaskOut, isTaskRetrying } from '../../../../server/domain/statuses.ts';
import { query } from '../../../data/index.ts';
import { lookOfTask } from '../../../looks/index.ts';
import { Broken } from '../../../shell/broken.tsx';
import { useAct } from '../../../shell/use-act.ts';
import { useMay } from '../../../shell/use-may.ts';
import { Button } from '../../../ui/button.tsx';
import { Drawer } from '../../../ui/drawer.tsx';
import { Skeleton } from '../../../ui/feedback.tsx';
import { formatDuration, formatMoment } from '../../../ui/format.ts';
import { StatusText } from '../../../ui/status.tsx';
import { Code } from '../../../ui/text.tsx';
import { AgentName } from '../agent-name.tsx';
import { RevealedStage, Sensitive } from '../data/sensitive.tsx';
import { Value } from '../data/value.tsx';
import { LogText } from '../logs/log-text.tsx';
import { useLastReads } from '../logs/use-last-reads.ts';
import { ReplayDialog } from '../replay-dialog.tsx';
import { runWords } from '../run-words.ts';
import type { Run, Stage } from '../use-run.ts';
import { asItGoes } from './as-it-goes.ts';
import { AttemptList } from './attempt-list.tsx';

interface DrawerProps {
  run: Run;
  stage: Stage | undefined;
  onClose(): void;
  onLogs(key: string): void;
}

const OPEN_TAB = '[role=tab][aria-selected=true]';

/** All there is to one stage; the page behind it stays usable. */
export function StageDrawer({ run, stage, onClose, onLogs }: DrawerProps) {
  const isToLogs = useRef(false);
  const openLogs = (key: string) => {
    isToLogs.current = true;
    onLogs(key);
  };
  // Whoever asks for the log goes on from there, not from what they opened the drawer with.
  const focusAfter = () => {
    const tab = isToLogs.current ? document.querySelector<HTMLElement>(OPEN_TAB) : undefined;
    isToLogs.current = false;
    return tab;
  };
  return (
    <Drawer
      focusAfter={focusAfter}
      open={stage !== undefined}
      onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}
      title={stage?.name ?? ''}
      actions={stage ? <StageActions run={run} stage={stage} /> : null}
    >
      {stage ? (
        <StageDetails key={stage.key} run={run} stage={stage} onLogs={() => openLogs(stage.key)} />
      ) : null}
    </Drawer>
  );
}

function StageActions({ run, stage }: { run: Run; stage: Stage }) {
  const [isAsking, setAsking] = useState(false);
  const mayOperate = useMay()('run.operate');
  const retry = useAct('tasks.retry', { done: runWords.drawer.retried, refresh: [['runs']] });
  if (!mayOperate) return null;
  return (
    <>
      {isTaskRetrying(stage.state) ? (
        <Button
          size="sm"
          icon={Zap}
          busy={retry.isBusy}
          onClick={() => retry.run({ id: stage.task_id as TaskId, attempt: stage.attempt })}
        >
          {runWords.drawer.retry}
        </Button>
      ) : null}
      {isRunOver(run.status) ? (
        <Button size="sm" icon={RotateCcw} onClick={() => setAsking(true)}>
          {runWords.drawer.replayFrom}
        </Button>
      ) : null}
      {isAsking ? <ReplayDialog run={run} from={stage.key} onClose={() => setAsking(false)} /> : null}
    </>
  );
}

function StageDetails({ run, stage, onLogs }: { run: Run; stage: Stage; onLogs(): void }) {
  const task = useQuery(asItGoes(query('tasks.get', { id: stage.task_id as TaskId }), stage));
  const attempts = useQuery(
    asItGoes(query('runs.attempts', { id: run.id as RunId, stage: stage.stage }), stage),
  );
  useLastReads(!isTaskOut(stage.state), () => void task.refetch());
  const { drawer } = runWords;
  return (
    <div className="flex flex-col gap-5">
      <Facts stage={stage} />
      <Why stage={stage} />
      {stage.is_sensitive ? (
        <Sensitive runId={run.id as RunId} stage={stage.stage}>
          {(revealed) => <RevealedStage runId={run.id as RunId} revealed={revealed} />}
        </Sensitive>
      ) : null}
      <Broken of={task} />
      <Part title={drawer.output}>
        {task.data ? (
          task.data.output === null ? (
            <p className="text-sm text-quiet">{drawer.noOutput}</p>
          ) : (
            <Value
              runId={run.id as RunId}
              label={runWords.data.outputOf(stage.name)}
              value={task.data.output}
            />
          )
        ) : task.error ? null : (
          <Skeleton label={drawer.loading} />
        )}
      </Part>
      {attempts.data === undefined || attempts.data.attempts.length === 0 ? null : (
        <Part title={drawer.attempts}>
          <AttemptList attempts={attempts.data.attempts} type={stage.type} />
        </Part>
      )}
      <Part
        title={drawer.logs}
        action={
          <Button size="sm" look="quiet" onClick={onLogs}>
            {drawer.allLogs}
          </Button>
        }
      >
        <LastLines lines={task.data?.logs} />
      </Part>
    </div>
  );
}

/** Why it does not go on, failed or was passed over, and the way out. */
function Why({ stage }: { stage: Stage }) {
  const { drawer } = runWords;
  return (
    <>
      {stage.waiting ? (
        <section
          aria-label={drawer.because}
          className="rounded-md border border-line bg-warn-soft px-3 py-2 text-sm"
        >
          <p>{stage.waiting.sentence}</p>
          <p className="mt-1 text-quiet">{stage.waiting.way_out}</p>
        </section>
      ) : null}
      {stage.error ? <Failure error={stage.error} /> : null}
      {stage.skipped_because ? <p className="text-quiet">{runWords.skipped(stage.skipped_because)}</p> : null}
    </>
  );
}

const SHOWN_LINES = 12;

function LastLines({
  lines,
}: {
  lines: readonly { message: string; level: string; timestamp: string }[] | undefined;
}) {
  if (!lines) return null;
  if (lines.length === 0) return <p className="text-sm text-quiet">{runWords.drawer.noLogs}</p>;
  return (
    <ol className="overflow-x-auto rounded-md border border-line bg-sunken p-2 font-mono text-xs leading-5">
      {lines.slice(-SHOWN_LINES).map((line, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines may be equal, and only grow at the end
        <li key={`${line.timestamp} ${at}`} className="whitespace-pre">
          <LogText level={line.level} text={line.message} />
        </li>
      ))}
    </ol>
  );
}

function Part({
  title,
  action,
  children,
}: {
  title: string;
  action?: React.ReactNode;
  children: React.ReactNode;
}) {
  return (
    <section aria-label={title}>
      <header className="mb-1.5 flex min-h-7 items-center justify-between">
        <h3 className="text-sm font-medium">{title}</h3>
        {action}
      </header>
      {children}
    </section>
  );
}

function Failure({ error }: { error: NonNullable<Stage['error']> }) {
  return (
    <section
      aria-label={runWords.drawer.failedWith}
      className="rounded-md border border-bad/40 bg-bad-soft px-3 py-2 text-sm"
    >
      <p className="whitespace-pre-wrap break-words text-bad">{error.message}</p>
      <p className="mt-1 font-mono text-xs">
        {error.code} · {error.class}
      </p>
      {error.details ? (
        <div className="mt-2">
          <Code label={runWords.drawer.details}>{JSON.stringify(error.details, null, 2)}</Code>
        </div>
      ) : null}
    </section>
  );
}

function Facts({ stage }: { stage: Stage }) {
  const { drawer } = runWords;
  const ms = (from: string | null, to: string | null) =>
    from === null || to === null ? null : formatDuration(Date.parse(to) - Date.parse(from));
  const facts: [string, React.ReactNode][] = [
    [drawer.type, stage.type],
    [drawer.attempt, stage.attempt === 0 ? null : stage.attempt],
    [drawer.agent, stage.assigned_agent && <AgentName id={stage.assigned_agent} />],
    [drawer.waited, ms(stage.ready_at, stage.started_at)],
    [drawer.ran, ms(stage.started_at, stage.finished_at)],
    [drawer.started, stage.started_at && formatMoment(stage.started_at)],
    [drawer.ended, stage.finished_at && formatMoment(stage.finished_at)],
  ];
  return (
    <div>
      <StatusText look={lookOfTask(stage.state)} />
      <dl className="mt-2 grid grid-cols-[7rem_1fr] gap-x-3 gap-y-1 text-sm">
        {facts.map(([name, value]) =>
          value === null ? null : (
            <div key={name} className="contents">
              <dt className="text-quiet">{name}</dt>
              <dd className="min-w-0 truncate">{value}</dd>
            </div>
          ),
        )}
      </dl>
    </div>
  );
}
