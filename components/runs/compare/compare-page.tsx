'use client';

import { useQuery } from '@tanstack/react-query';
import { ArrowLeftRight, GitCompareArrows } from 'lucide-react';
import { parseAsString, useQueryState, useQueryStates } from 'nuqs';
import { lazy, Suspense, useMemo } from 'react';
import { lookOfRun, lookOfTask } from '../../looks/index.ts';
import { Broken } from '../../shell/broken.tsx';
import { pipelineHref } from '../../shell/places.ts';
import { Button, LinkButton } from '../../ui/button.tsx';
import { Drawer } from '../../ui/drawer.tsx';
import { Empty, Notice, Skeleton } from '../../ui/feedback.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { formatDuration } from '../../ui/format.ts';
import { DataGrid, type GridColumn } from '../../ui/grid/index.ts';
import { Link } from '../../ui/link.tsx';
import { patiently } from '../../ui/patiently.ts';
import { shortId } from '../../ui/short-id.ts';
import { StatusPill, StatusText } from '../../ui/status.tsx';
import { Card, Page, PageHead } from '../../ui/surface.tsx';
import { Ago } from '../../ui/text.tsx';
import { useVersionNumber } from '../run/use-version-number.ts';
import { type Run, shapeOf } from '../run-shape.ts';
import { paceOf } from '../while-open.ts';
import { words as runWords } from '../words.ts';
import type { CompareGraphProps } from './compare-graph.tsx';
import { compareRuns, isNoRunId, type StagePair } from './compare-runs.ts';
import { InputDiff, OutputDiff } from './output-diff.tsx';
import { words as compare } from './words.ts';

// The lists are there before what draws.
const CompareGraph = lazy(
  patiently(() => import('./compare-graph.tsx').then((file) => ({ default: file.CompareGraph }))),
);

const VersionDiff = lazy(
  patiently(() => import('./version-diff.tsx').then((file) => ({ default: file.VersionDiff }))),
);

const useRunOf = (id: string) => {
  return useQuery({
    ...shapeOf(id),
    enabled: id !== '' && !isNoRunId(id),
    refetchInterval: ({ state }) => (state.data && paceOf([state.data])) ?? false,
  });
};

/** Two runs stage by stage: how each ended, how long it took, and what came out of it. */
export function ComparePage() {
  const [ids, setIds] = useQueryStates({
    a: parseAsString.withDefault(''),
    b: parseAsString.withDefault(''),
  });
  const [key, setKey] = useQueryState('stage', parseAsString);
  const [a, b] = [useRunOf(ids.a.trim()), useRunOf(ids.b.trim())];
  const error = a.error ?? b.error;
  const isNoId = [ids.a, ids.b].some(isNoRunId);
  const pairs = useMemo(() => (a.data && b.data ? compareRuns(a.data, b.data) : undefined), [a.data, b.data]);
  const pair = pairs?.find((each) => each.key === key);
  return (
    <Page width="wide">
      <PageHead
        trail={[{ label: runWords.title, href: '/runs' }]}
        title={compare.title}
        actions={
          <Button icon={ArrowLeftRight} onClick={() => void setIds({ a: ids.b, b: ids.a })}>
            {compare.swap}
          </Button>
        }
      />
      <div className="mb-5 grid gap-4 sm:grid-cols-2">
        <Side label={compare.first} id={ids.a} run={a.data} onChange={(next) => void setIds({ a: next })} />
        <Side label={compare.second} id={ids.b} run={b.data} onChange={(next) => void setIds({ b: next })} />
      </div>
      <Broken of={[a, b]} />
      {isNoId ? <Notice {...compare.noId} /> : null}
      {pairs && a.data && b.data ? (
        <Both
          first={a.data}
          second={b.data}
          pairs={pairs}
          selected={key}
          onSelect={(next) => void setKey(next)}
        />
      ) : ids.a.trim() === '' || ids.b.trim() === '' ? (
        <Empty
          icon={GitCompareArrows}
          title={compare.choose}
          action={<LinkButton href="/runs">{compare.toRuns}</LinkButton>}
        >
          {compare.chooseNote}
        </Empty>
      ) : error || isNoId ? null : (
        <Skeleton label={compare.loading} rows={8} />
      )}
      <Drawer
        open={pair !== undefined}
        onOpenChange={(isOpen) => (isOpen ? undefined : void setKey(null))}
        title={pair ? compare.outputsOf(pair.name) : ''}
      >
        {pair && a.data && b.data ? (
          <OutputDiff key={pair.key} pair={pair} first={a.data} second={b.data} />
        ) : null}
      </Drawer>
    </Page>
  );
}

function Both(props: CompareGraphProps) {
  const { first, second, pairs, onSelect } = props;
  const isSamePipeline = first.pipeline_id === second.pipeline_id;
  return (
    <div className="flex flex-col gap-5">
      {isSamePipeline ? null : (
        <p role="status" className="rounded-md border border-line bg-warn-soft px-4 py-2 text-sm">
          {compare.otherPipelines}
        </p>
      )}
      <Card title={compare.graph} actions={<Note text={compare.graphNote} />} flush>
        <Suspense fallback={<Skeleton label={compare.loadingGraph} rows={8} />}>
          <CompareGraph {...props} />
        </Suspense>
      </Card>
      <Card title={compare.inputs}>
        <InputDiff first={first} second={second} />
      </Card>
      {isSamePipeline && first.version_id !== second.version_id ? (
        <Card title={compare.versions}>
          <Suspense fallback={<Skeleton label={compare.loadingGraph} rows={3} />}>
            <VersionDiff first={first} second={second} />
          </Suspense>
        </Card>
      ) : null}
      <Card title={compare.stages} flush>
        <DataGrid
          label={compare.stages}
          columns={COLUMNS}
          rows={pairs}
          keyOf={({ key }) => key}
          onOpen={({ key }) => onSelect(key)}
        />
      </Card>
    </div>
  );
}

const Note = ({ text }: { text: string }) => <p className="text-sm text-quiet max-md:hidden">{text}</p>;

function Side({
  label,
  id,
  run,
  onChange,
}: {
  label: string;
  id: string;
  run: Run | undefined;
  onChange(id: string): void;
}) {
  return (
    <Card title={label}>
      <Field label={compare.runId}>
        <TextInput mono value={id} onChange={onChange} placeholder={compare.runIdExample} maxLength={64} />
      </Field>
      <p className="mt-3 flex min-h-6 flex-wrap items-center gap-3 text-sm text-quiet">
        {run ? (
          <>
            <StatusPill look={lookOfRun(run.status)} />
            <Link
              href={`/runs/${run.id}`}
              className="font-mono text-xs text-text hover:text-accent hover:underline"
            >
              {shortId(run.id)}
            </Link>
            <VersionOf run={run} />
            {run.finished_at === null ? null : (
              <span>{formatDuration(Date.parse(run.finished_at) - Date.parse(run.created_at))}</span>
            )}
            <Ago at={run.created_at} />
          </>
        ) : null}
      </p>
    </Card>
  );
}

function VersionOf({ run }: { run: Run }) {
  const number = useVersionNumber(run);
  if (number === undefined || run.pipeline_id === null) return null;
  return (
    <Link
      href={`${pipelineHref(run.pipeline_id)}?tab=versions&version=${number}`}
      className="hover:text-accent hover:underline"
    >
      {compare.version(number)}
    </Link>
  );
}

/** What has not run is told by its state: a line of dashes beside it would say nothing more. */
const time = (ms: number | undefined) => (ms === undefined ? '' : formatDuration(ms));

/** Longer is marked, and said by its sign as well. */
function Delta({ ms }: { ms: number | undefined }) {
  if (ms === undefined) return null;
  if (ms === 0) return <span className="text-quiet">{compare.same}</span>;
  return (
    <span
      className={ms > 0 ? 'text-warn' : 'text-good'}
    >{`${ms > 0 ? '+' : '−'}${formatDuration(Math.abs(ms))}`}</span>
  );
}

/** One number where both needed as many, or only one was handed out at all. */
function attemptsOf(...stages: StagePair['a'][]): string {
  const needed = stages.flatMap((stage) => (stage?.attempt ? [String(stage.attempt)] : []));
  return [...new Set(needed)].join(' → ');
}

const stateOf = (stage: StagePair['a']) =>
  stage ? (
    <StatusText look={lookOfTask(stage.state)} />
  ) : (
    <span className="text-quiet">{compare.missing}</span>
  );

const COLUMNS: GridColumn<StagePair>[] = [
  {
    key: 'name',
    title: compare.stage,
    width: 'minmax(9rem,1.5fr)',
    cell: ({ name, a, b }) => (
      <>
        {name}
        {a && b && a.type !== b.type ? (
          <span className="ml-2 font-mono text-xs text-quiet">{compare.wasType(a.type)}</span>
        ) : null}
      </>
    ),
  },
  { key: 'a', title: compare.first, width: 'minmax(7rem,1fr)', cell: ({ a }) => stateOf(a) },
  { key: 'b', title: compare.second, width: 'minmax(7rem,1fr)', cell: ({ b }) => stateOf(b) },
  {
    key: 'aMs',
    title: compare.firstRan,
    width: '6rem',
    align: 'end',
    wideOnly: true,
    cell: ({ aMs }) => time(aMs),
  },
  {
    key: 'bMs',
    title: compare.secondRan,
    width: '6rem',
    align: 'end',
    wideOnly: true,
    cell: ({ bMs }) => time(bMs),
  },
  {
    key: 'delta',
    title: compare.difference,
    width: '6.5rem',
    align: 'end',
    onPhone: 'side',
    cell: ({ deltaMs }) => <Delta ms={deltaMs} />,
  },
  {
    key: 'attempts',
    title: compare.attempts,
    width: '6rem',
    align: 'end',
    wideOnly: true,
    cell: ({ a, b }) => attemptsOf(a, b),
  },
];
