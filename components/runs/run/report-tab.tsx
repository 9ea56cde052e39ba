'use client';

import { useQuery } from '@tanstack/react-query';
import { useEffect, useEffectEvent } from 'react';
import type { RunId } from '../../../server/domain/ids.ts';
import type { Json } from '../../../server/domain/json.ts';
import { isRunOver, isTaskSuccess } from '../../../server/domain/statuses.ts';
import { query } from '../../data/index.ts';
import { jsonText, lookOfRun, lookOfTask } from '../../looks/index.ts';
import { useMay } from '../../shell/use-may.ts';
import { Skeleton } from '../../ui/feedback.tsx';
import { formatDuration, formatMoment } from '../../ui/format.ts';
import { StatusText } from '../../ui/status.tsx';
import { Card } from '../../ui/surface.tsx';
import { Table, type TableColumn } from '../../ui/table.tsx';
import { words } from '../words.ts';
import { runWords } from './run-words.ts';
import { ranFor } from './stage/attempt-list.tsx';
import { useAgentNames } from './use-agent-names.ts';
import type { Run, Stage } from './use-run.ts';
import { useVersionNumber } from './use-version-number.ts';

/** More than this is no report but the data itself, which can be downloaded. */
const MOST = 500;
const MOST_OUTPUTS = 50;
const MOST_CHARACTERS = 600;

const { report: text } = runWords;

interface ReportProps {
  run: Run;
  isToPrint: boolean;
  onPrinted(): void;
}

/** The run on paper: facts, stages, errors, what went in and came out; nothing that has to be clicked. */
export function ReportTab({ run, isToPrint, onPrinted }: ReportProps) {
  const maySee = useMay()('run.payload');
  const whole = useQuery({
    ...query('runs.get', { id: run.id as RunId }),
    ...(isRunOver(run.status) ? { staleTime: Number.POSITIVE_INFINITY } : {}),
    enabled: maySee,
  });
  const nameOf = useAgentNames();
  const isReady = !maySee || whole.data !== undefined || whole.error !== null;
  const print = useEffectEvent(() => {
    onPrinted();
    window.print();
  });
  useEffect(() => {
    if (!isToPrint || !isReady) return undefined;
    // What is printed is the page: its last part is drawn with the next frame.
    const frame = requestAnimationFrame(() => print());
    return () => cancelAnimationFrame(frame);
  }, [isToPrint, isReady]);
  return (
    <div className="flex flex-col gap-5">
      <Card title={text.facts}>
        <Facts run={run} />
      </Card>
      <Card title={text.stages} flush>
        <Table
          label={text.stages}
          columns={columnsOf(nameOf)}
          rows={run.stages.slice(0, MOST)}
          keyOf={({ key }) => key}
        />
        {run.stages.length > MOST ? (
          <p className="p-3 text-sm text-quiet">{text.cut(MOST, run.stages.length)}</p>
        ) : null}
      </Card>
      <Errors run={run} />
      <Card title={text.data}>
        {!maySee ? <p className="text-sm text-quiet">{text.hidden}</p> : null}
        {isReady ? null : <Skeleton label={text.loading} rows={4} />}
        {whole.data ? <Values run={whole.data} /> : null}
      </Card>
      <p className="hidden break-all text-xs text-quiet print:block">
        {text.printed(
          formatMoment(new Date().toISOString()),
          window.location.origin + window.location.pathname,
        )}
      </p>
    </div>
  );
}

function Facts({ run }: { run: Run }) {
  const number = useVersionNumber(run);
  const { created_at: from, finished_at: to } = run;
  const facts: [string, React.ReactNode][] = [
    [runWords.title, run.id],
    [text.status, <StatusText key="status" look={lookOfRun(run.status)} />],
    [text.version, number === undefined ? run.version_id : `${number} (${run.version_id})`],
    [text.trigger, words.triggerOf(run.trigger)],
    [text.started, formatMoment(from)],
    [text.ended, to === null ? text.none : formatMoment(to)],
    [text.duration, to === null ? text.none : formatDuration(Date.parse(to) - Date.parse(from))],
    ...(run.replay_of === null ? [] : [[text.replayOf, run.replay_of] as [string, string]]),
  ];
  return (
    <dl className="grid grid-cols-[8rem_1fr] gap-x-4 gap-y-1.5 text-sm">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-quiet">{name}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Errors({ run }: { run: Run }) {
  const failed = run.stages.flatMap(({ key, name, error }) => (error ? [{ key, name, error }] : []));
  if (failed.length === 0) return null;
  return (
    <Card title={text.errors}>
      <ul aria-label={text.errors} className="flex flex-col gap-3 text-sm">
        {failed.slice(0, MOST).map(({ key, name, error }) => (
          <li key={key}>
            <p className="font-medium">{text.errorOf(name, error.code)}</p>
            <p className="whitespace-pre-wrap text-bad wrap-anywhere">{error.message}</p>
          </li>
        ))}
      </ul>
      {failed.length > MOST ? (
        <p className="mt-3 text-sm text-quiet">{text.cutErrors(MOST, failed.length)}</p>
      ) : null}
    </Card>
  );
}

function Values({ run }: { run: Run }) {
  const succeeded = run.stages.filter(({ state }) => isTaskSuccess(state));
  const outputs = succeeded.slice(0, MOST_OUTPUTS);
  const values: [string, string, Json][] = [
    ['input', text.input, run.input],
    ...outputs.map(({ key, name, output }): [string, string, Json] => [
      `of-${key}`,
      text.output(name),
      output,
    ]),
  ];
  return (
    <>
      <dl className="flex flex-col gap-3 text-sm">
        {values.map(([key, name, value]) => (
          <div key={key}>
            <dt className="mb-1 font-medium wrap-anywhere">{name}</dt>
            <dd className="whitespace-pre-wrap rounded-md border border-line bg-sunken p-2 font-mono text-xs wrap-anywhere">
              {abbreviate(value)}
            </dd>
          </div>
        ))}
      </dl>
      {succeeded.length > MOST_OUTPUTS ? (
        <p className="mt-3 text-sm text-quiet">{text.cutOutputs(MOST_OUTPUTS, succeeded.length)}</p>
      ) : null}
    </>
  );
}

function abbreviate(value: Json): string {
  const whole = jsonText(value);
  if (whole.length <= MOST_CHARACTERS) return whole;
  return text.more(whole.slice(0, MOST_CHARACTERS), whole.length - MOST_CHARACTERS);
}

const columnsOf = (nameOf: (agentId: string) => string): TableColumn<Stage>[] => [
  { key: 'name', title: text.stage, cell: ({ name }) => name },
  {
    key: 'state',
    title: text.status,
    onPhone: 'side',
    cell: ({ state }) => <StatusText look={lookOfTask(state)} />,
  },
  { key: 'attempt', title: text.attempts, align: 'end', cell: ({ attempt }) => attempt },
  { key: 'ran', title: text.ran, align: 'end', cell: ranFor },
  {
    key: 'agent',
    title: text.agent,
    cell: ({ assigned_agent: agent }) => (
      <span title={agent ?? undefined}>{agent === null ? text.none : nameOf(agent)}</span>
    ),
  },
];
