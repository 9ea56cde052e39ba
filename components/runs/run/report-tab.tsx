'use client';

import { lookOfRun, lookOfTask } from '../../looks/index.ts';
import { formatDuration, formatMoment } from '../../ui/format.ts';
import { StatusText } from '../../ui/status.tsx';
import { Card } from '../../ui/surface.tsx';
import { Table, type TableColumn } from '../../ui/table.tsx';
import { runWords } from './run-words.ts';
import { ranFor } from './stage/attempt-list.tsx';
import type { Run, Stage } from './use-run.ts';

/** More than this is no report but the data itself, which can be downloaded. */
const MOST = 500;

/** The run on paper: facts, stages, errors; nothing that has to be clicked. */
export function ReportTab({ run }: { run: Run }) {
  const facts: [string, React.ReactNode][] = [
    [runWords.title, run.id],
    ['Status', <StatusText key="status" look={lookOfRun(run.status)} />],
    ['Version', run.version_id],
    ['Trigger', run.trigger],
    ['Started', formatMoment(run.created_at)],
    ['Ended', run.finished_at === null ? '–' : formatMoment(run.finished_at)],
    [
      'Duration',
      run.finished_at === null
        ? '–'
        : formatDuration(Date.parse(run.finished_at) - Date.parse(run.created_at)),
    ],
    ['Replay of', run.replay_of ?? '–'],
  ];
  return (
    <div className="flex flex-col gap-5">
      <Card title={runWords.report.facts}>
        <dl className="grid grid-cols-[8rem_1fr] gap-x-4 gap-y-1.5 text-sm">
          {facts.map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-quiet">{name}</dt>
              <dd className="min-w-0 break-words">{value}</dd>
            </div>
          ))}
        </dl>
      </Card>
      <Card title={runWords.report.stages} flush>
        <Table
          label={runWords.report.stages}
          columns={COLUMNS}
          rows={run.stages.slice(0, MOST)}
          keyOf={({ key }) => key}
        />
        {run.stages.length > MOST ? (
          <p className="p-3 text-sm text-quiet">{runWords.report.cut(MOST)}</p>
        ) : null}
      </Card>
    </div>
  );
}

const COLUMNS: TableColumn<Stage>[] = [
  { key: 'name', title: 'Stage', cell: ({ name }) => name },
  { key: 'state', title: 'Status', cell: ({ state }) => <StatusText look={lookOfTask(state)} /> },
  { key: 'attempt', title: 'Attempts', align: 'end', cell: ({ attempt }) => attempt },
  { key: 'ran', title: 'Ran', align: 'end', cell: ranFor },
  {
    key: 'agent',
    title: 'Agent',
    cell: ({ assigned_agent }) => <span className="font-mono text-xs">{assigned_agent ?? '–'}</span>,
  },
  {
    key: 'error',
    title: 'Error',
    cell: ({ error, waiting }) => (
      <span className="whitespace-normal break-words">{error?.message ?? waiting?.sentence ?? ''}</span>
    ),
  },
];
