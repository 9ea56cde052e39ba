'use client';

import { useQuery } from '@tanstack/react-query';
import { Layers } from 'lucide-react';
import { type Answer, query } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { Skeleton } from '../ui/feedback.tsx';
import { Link } from '../ui/link.tsx';
import { Card } from '../ui/surface.tsx';
import { Table, type TableColumn } from '../ui/table.tsx';
import { Bad } from './bad.tsx';
import { Changed, NothingBefore } from './changed.tsx';
import { openerOf } from './figure-link.tsx';
import { First } from './first.tsx';
import { changeOfMs, changeOfShare, formatCount, formatMs, formatShareBelow } from './format.ts';
import { behindStage } from './links.ts';
import { Nothing } from './nothing.tsx';
import { useLastAnswer } from './use-last-answer.ts';
import type { ScopeState } from './use-scope.ts';
import { words } from './words.ts';

type View = Answer<'analytics.stages'>;
type Stage = View['stages'][number];

/** What runs wait for: where an hour of work saves users most. */
export function StagesTab({ state }: { state: ScopeState }) {
  const stages = useQuery({ ...query('analytics.stages', state.scope), placeholderData: (before) => before });
  const data = useLastAnswer(stages, state);
  if (stages.error && !data) return <Broken of={stages} />;
  if (!data) return <Skeleton label={words.loading} rows={8} />;
  if (data.stages.length === 0)
    return <Nothing icon={Layers} title={words.stages.none} note={words.stages.noneHint} state={state} />;
  const hasBefore = data.stages.some(({ before }) => before.critical.value !== null);
  const isCompared = state.params.compare && hasBefore;
  return (
    <div className="flex flex-col gap-5">
      <Broken of={stages} />
      {state.params.compare && !hasBefore ? <NothingBefore /> : null}
      <Card flush>
        <Table
          label={words.stages.label}
          rows={data.stages}
          keyOf={({ pipeline_id, stage, type }) => `${pipeline_id} ${stage} ${type}`}
          columns={columnsOf(data, state, isCompared)}
        />
        <First shown={data.stages.length} of={data.total} />
      </Card>
    </div>
  );
}

/** A stage without a pipeline is a task that stood alone. */
const titlesOf = ({ pipeline_id }: Stage) =>
  pipeline_id === null ? words.stages.opensAlone : words.stages.opens;

function columnsOf(view: View, state: ScopeState, isCompared: boolean): TableColumn<Stage>[] {
  const { stages: said } = words;
  const number = { align: 'end', wideOnly: true } as const;
  const linksOf = ({ pipeline_id, stage, type }: Stage) =>
    behindStage({ ...state.link, pipeline: pipeline_id, stage, stage_type: type }, view.range);
  const opening = openerOf(linksOf, titlesOf);
  return [
    {
      key: 'stage',
      title: said.stage,
      cell: (stage) => (
        <Link href={linksOf(stage).slowest} className="font-medium hover:underline">
          {stage.stage}
          <span className="ml-2 font-mono text-xs font-normal text-quiet">{stage.type}</span>
        </Link>
      ),
    },
    {
      key: 'pipeline',
      title: said.pipeline,
      cell: ({ pipeline_name: name }) => name ?? said.alone,
    },
    {
      key: 'share',
      title: said.share,
      cell: opening('slowest', ({ critical }) => <ShareBar value={critical.value ?? 0} />),
    },
    ...(isCompared
      ? [
          {
            key: 'before',
            title: said.shareChange,
            wideOnly: true,
            cell: ({ critical, before }: Stage) => (
              <Changed inTable change={changeOfShare(critical, before.critical, true)} />
            ),
          },
        ]
      : []),
    { key: 'tasks', title: said.tasks, ...number, cell: opening('all', ({ tasks }) => formatCount(tasks)) },
    {
      key: 'failed',
      title: said.failed,
      ...number,
      cell: opening('failed', ({ failed }) => <Bad count={failed} />),
    },
    {
      key: 'retries',
      title: said.retries,
      ...number,
      cell: opening('retried', ({ retries }) => formatShareBelow(retries.value)),
    },
    { key: 'wait', title: said.wait, ...number, cell: opening('slowest', ({ wait }) => formatMs(wait.p95)) },
    {
      key: 'time',
      title: said.time,
      align: 'end',
      cell: opening('slowest', ({ time }) => formatMs(time.p95)),
    },
    ...(isCompared
      ? [
          {
            key: 'change',
            title: said.change,
            wideOnly: true,
            cell: ({ time, before }: Stage) => (
              <Changed inTable change={changeOfMs(time.p95, before.time.p95)} />
            ),
          },
        ]
      : []),
  ];
}

function ShareBar({ value }: { value: number }) {
  return (
    <span className="flex items-center gap-2">
      <span aria-hidden className="h-2 w-12 overflow-hidden rounded-sm bg-sunken">
        <span className="block h-full bg-busy-fill" style={{ inlineSize: `${value * 100}%` }} />
      </span>
      <span className="tabular-nums">{formatShareBelow(value)}</span>
    </span>
  );
}
