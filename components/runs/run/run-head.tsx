'use client';

import { useQuery } from '@tanstack/react-query';
import { query } from '../../data/index.ts';
import { lookOfRun } from '../../looks/index.ts';
import { pipelineHref } from '../../shell/places.ts';
import { formatDuration } from '../../ui/format.ts';
import { Link } from '../../ui/link.tsx';
import { shortId } from '../../ui/short-id.ts';
import { StatusPill } from '../../ui/status.tsx';
import { PageHead } from '../../ui/surface.tsx';
import { Ago, CopyText, Elapsed } from '../../ui/text.tsx';
import { words } from '../words.ts';
import { Lineage } from './lineage.tsx';
import { ListNeighbours } from './list-neighbours.tsx';
import { RunActions } from './run-actions.tsx';
import { runWords } from './run-words.ts';
import type { Run } from './use-run.ts';
import { useVersionNumber } from './use-version-number.ts';

/** What it is, how it stands and what can be done: the same above every tab. */
export function RunHead({ run, stageKey, onPrint }: { run: Run; stageKey: string | null; onPrint(): void }) {
  return (
    <>
      <PageHead
        trail={[{ label: words.title, href: '/runs' }]}
        title={
          <>
            <PipelineName run={run} />
            <span
              aria-live="polite"
              data-testid="run-status"
              className="text-base font-normal tracking-normal"
            >
              <StatusPill look={lookOfRun(run.status)} />
            </span>
          </>
        }
        note={<Facts run={run} />}
        actions={
          <>
            <ListNeighbours id={run.id} />
            <RunActions run={run} stageKey={stageKey} onPrint={onPrint} />
          </>
        }
      />
      <Lineage run={run} />
    </>
  );
}

function PipelineName({ run }: { run: Run }) {
  // Its line of the list: the pipeline itself comes with its graph.
  const { data } = useQuery({
    ...query('pipelines.list', { ids: run.pipeline_id === null ? [] : [run.pipeline_id] }),
    enabled: run.pipeline_id !== null,
  });
  const name = data?.pipelines[0]?.name;
  if (run.pipeline_id === null) return <span className="min-w-0 truncate">{words.standAlone}</span>;
  return (
    <Link
      href={pipelineHref(run.pipeline_id)}
      title={runWords.toPipeline}
      className="min-w-0 truncate underline-offset-4 hover:underline"
    >
      {name ?? runWords.title}
    </Link>
  );
}

function VersionLink({ run }: { run: Run }) {
  const number = useVersionNumber(run);
  if (number === undefined || run.pipeline_id === null) return null;
  return (
    <Link
      href={`${pipelineHref(run.pipeline_id)}?tab=versions`}
      className="hover:text-accent hover:underline"
    >
      {runWords.versionNumber(number)}
    </Link>
  );
}

function Facts({ run }: { run: Run }) {
  const percent = Math.round(run.progress * 100);
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm tabular-nums">
      <CopyText what={runWords.idWhat} text={run.id} shown={shortId(run.id)} />
      <VersionLink run={run} />
      {/* On paper the moment counts, which the report has. */}
      <span className="print:hidden">
        {runWords.started} <Ago at={run.created_at} />
      </span>
      {run.finished_at === null ? (
        <span>
          <Elapsed since={run.created_at} /> · {runWords.done(percent)}
        </span>
      ) : (
        <span>{runWords.took(formatDuration(Date.parse(run.finished_at) - Date.parse(run.created_at)))}</span>
      )}
      <span>{runWords.stagesDone(run.tasks_total - run.tasks_left, run.tasks_total)}</span>
      <span>{runWords.begunBy(words.triggerOf(run.trigger))}</span>
    </span>
  );
}
