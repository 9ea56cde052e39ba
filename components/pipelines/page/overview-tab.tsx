'use client';

import { useQuery } from '@tanstack/react-query';
import { TriangleAlert, Workflow } from 'lucide-react';
import { parseAsString, useQueryState } from 'nuqs';
import { isRunOver, RUN_STATUSES } from '../../../server/domain/statuses.ts';
import { query, useFresh } from '../../data/index.ts';
import { GraphView } from '../../editor/index.ts';
import { PipelineRuns } from '../../runs/index.ts';
import { editorHref } from '../../shell/places.ts';
import { useMay } from '../../shell/use-may.ts';
import { LinkButton } from '../../ui/button.tsx';
import { Empty } from '../../ui/feedback.tsx';
import { formatDuration } from '../../ui/format.ts';
import { Link } from '../../ui/link.tsx';
import { Card, Figure } from '../../ui/surface.tsx';
import { Table, type TableColumn } from '../../ui/table.tsx';
import { sumUp } from '../last-runs.ts';
import { LastRuns } from '../last-runs-strip.tsx';
import type { Pipeline, PipelineDetails } from '../types.ts';
import { words } from '../words.ts';
import { type AgentCount, coverageOf } from './coverage.ts';
import { pageWords } from './words.ts';

export function OverviewTab({ pipeline, item }: { pipeline: PipelineDetails; item: Pipeline }) {
  return (
    <div className="flex flex-col gap-5">
      {item.recent_runs === null ? null : <Figures item={item} />}
      <Published pipeline={pipeline} />
      {item.recent_runs === null ? null : <PipelineRuns pipelineId={item.id} />}
    </div>
  );
}

const OPEN_STATUSES = RUN_STATUSES.filter((status) => !isRunOver(status));
const MOST_COUNTED = 100;

/** The strip and its numbers are of the same runs, so they cannot disagree. */
function Figures({ item }: { item: Pipeline }) {
  const { good, judged, p95Ms } = sumUp(item.recent_runs ?? []);
  const open = query('runs.list', {
    pipeline_id: item.id,
    status: OPEN_STATUSES,
    limit: MOST_COUNTED,
  });
  const { data } = useQuery(open);
  useFresh({ everything: true }, { keys: [open.queryKey], everyMs: 1000 });
  const { figures } = pageWords;
  const runs = `/runs?pipeline=${item.id}`;
  const count = data?.runs.length ?? 0;
  const goingOn = data?.next_cursor ? figures.more(count) : count;
  return (
    <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
      <div className="rounded-lg border border-line bg-card px-4 py-3 shadow-card">
        <p className="mb-3 text-sm text-quiet">{figures.last}</p>
        <LastRuns pipeline={item} />
      </div>
      <Figure
        label={figures.good}
        value={judged === 0 ? figures.none : words.success(good, judged)}
        note={figures.goodNote(judged)}
        href={runs}
      />
      <Figure
        label={figures.p95}
        value={p95Ms === null ? figures.none : formatDuration(p95Ms)}
        note={figures.p95Note}
        href={`${runs}&status=succeeded`}
      />
      <Figure
        label={figures.open}
        value={data ? goingOn : figures.none}
        note={figures.openNote}
        href={`${runs}&status=${OPEN_STATUSES.join(',')}`}
      />
    </div>
  );
}

function Published({ pipeline }: { pipeline: PipelineDetails }) {
  const { version } = pipeline;
  const mayEdit = useMay()('pipeline.edit') && pipeline.archived_at === null;
  const [stage, setStage] = useQueryState('stage', parseAsString);
  const capabilities = query('agents.capabilities', {});
  const { data } = useQuery(capabilities);
  useFresh({ agents: true }, { keys: [capabilities.queryKey], everyMs: 2000 });
  const { graph: text } = pageWords;
  if (!version)
    return (
      <Card>
        <Empty
          icon={Workflow}
          title={text.none}
          action={
            mayEdit ? <LinkButton href={editorHref(pipeline.id)}>{text.openDraft}</LinkButton> : undefined
          }
        >
          {text.noneNote}
        </Empty>
      </Card>
    );
  const { stages } = version.graph as { stages: { key: string; type: string }[] };
  const needs = data ? coverageOf(stages, data.capabilities) : [];
  const lacking = needs.filter(({ serving }) => serving === 0);
  return (
    <div className="grid grid-cols-1 gap-5 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
      <Card title={text.title(version.number)} flush>
        <div className="flex h-96">
          <GraphView
            key={version.id}
            label={text.label}
            graph={version.graph}
            warned={new Set(lacking.flatMap((need) => need.stages))}
            selected={stage}
            onSelect={(key) => void setStage(key)}
          />
        </div>
      </Card>
      <Card title={pageWords.needs.title} flush>
        {lacking.length === 0 ? null : (
          <ul className="flex flex-col gap-1 border-b border-line bg-warn-soft px-4 py-2.5 text-sm">
            {lacking.map(({ capability }) => (
              <li key={capability} className="flex items-start gap-2">
                <TriangleAlert aria-hidden size={14} className="mt-0.5 shrink-0 text-warn" />
                <span className="min-w-0 wrap-anywhere">{pageWords.needs.nobody(capability)}</span>
              </li>
            ))}
          </ul>
        )}
        <Table
          label={pageWords.needs.label}
          columns={NEEDS}
          rows={needs}
          keyOf={({ capability }) => capability}
        />
      </Card>
    </div>
  );
}

/** Those who offer it, or how somebody who does is enrolled. */
const agentsHref = ({ capability, serving }: AgentCount) =>
  `/agents?${serving === 0 ? 'enrol=true&capability' : 'view=table&q'}=${encodeURIComponent(capability)}`;

const NEEDS: TableColumn<AgentCount>[] = [
  {
    key: 'capability',
    title: pageWords.needs.capability,
    cell: ({ capability }) => <span className="font-mono text-xs">{capability}</span>,
  },
  {
    key: 'stages',
    title: pageWords.needs.stages,
    align: 'end',
    cell: ({ stages }) => <span title={stages.slice(0, 50).join(', ')}>{stages.length}</span>,
  },
  {
    key: 'agents',
    title: pageWords.needs.agents,
    align: 'end',
    cell: (need) => (
      <Link href={agentsHref(need)} className="text-accent hover:underline">
        {pageWords.needs.agentsOf(need)}
      </Link>
    ),
  },
];
