'use client';

import { useQuery } from '@tanstack/react-query';
import { ChartNoAxesColumn } from 'lucide-react';
import { type Answer, query } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { Skeleton } from '../ui/feedback.tsx';
import { Figure } from '../ui/surface.tsx';
import { Changed, NothingBefore } from './changed.tsx';
import { ChartCard } from './chart-card.tsx';
import {
  type Change,
  changeOfCount,
  changeOfMs,
  changeOfShare,
  formatCount,
  formatMs,
  formatRate,
  formatShare,
  type Spread,
} from './format.ts';
import { runsHref } from './links.ts';
import { Nothing } from './nothing.tsx';
import { useLastAnswer } from './use-last-answer.ts';
import { type ScopeState, SERIES_BUCKETS } from './use-scope.ts';
import { words } from './words.ts';

type Overview = Answer<'analytics.overview'>;

const HOUR_MS = 3_600_000;

export function OverviewTab({ state }: { state: ScopeState }) {
  const overview = useQuery({
    ...query('analytics.overview', { ...state.scope, buckets: SERIES_BUCKETS }),
    // While the next answer comes, the last one stays.
    placeholderData: (before) => before,
  });
  const data = useLastAnswer(overview, state);
  if (overview.error && !data) return <Broken of={overview} />;
  if (!data) return <Skeleton label={words.loading} rows={12} />;
  if (isEmpty(data))
    return <Nothing icon={ChartNoAxesColumn} title={words.none} note={words.noneHint} state={state} />;
  return (
    <div className="flex flex-col gap-5">
      <Broken of={overview} />
      <Figures view={data} state={state} />
      {state.params.compare && endedOf(data.before.runs) === 0 ? <NothingBefore /> : null}
      <Charts view={data} state={state} />
    </div>
  );
}

const endedOf = ({ succeeded, failed, cancelled }: Overview['runs']): number =>
  succeeded + failed + cancelled;

const isEmpty = ({ runs, before }: Overview): boolean => endedOf(runs) + endedOf(before.runs) === 0;

function Figures({ view, state }: { view: Overview; state: ScopeState }) {
  const { runs, tasks, before, range } = view;
  const { figures } = words;
  const ended = endedOf(runs);
  const endedBefore = endedOf(before.runs);
  const hours = (Date.parse(range.to) - Date.parse(range.from)) / HOUR_MS;
  const linkTo = (status?: string[]) =>
    runsHref({ ...state.link, ended: range, ...(status ? { status } : {}) });
  const slow = runsHref({ ...state.link, ended: range, status: ['succeeded'], sort: 'duration:desc' });
  const note = (text: string, change: Change) => (
    <>
      {text}
      {state.params.compare && endedBefore > 0 ? <Changed change={change} /> : null}
    </>
  );
  const spread = ({ p50, p99 }: Spread) =>
    p50 === null ? figures.nothingMeasured : figures.spread(formatMs(p50), formatMs(p99));
  return (
    <div className="grid grid-cols-2 gap-3 lg:grid-cols-3 xl:grid-cols-6">
      <Figure
        label={figures.success}
        value={formatShare(runs.success.value)}
        href={linkTo(['succeeded', 'failed'])}
        opens={figures.opens.counted}
        note={note(
          figures.successOf(formatCount(runs.success.of)),
          changeOfShare(runs.success, before.runs.success),
        )}
      />
      <Figure
        label={figures.throughput}
        value={formatCount(ended)}
        href={linkTo(['succeeded', 'failed', 'cancelled'])}
        opens={figures.opens.counted}
        note={note(figures.perHour(formatRate(ended / hours)), changeOfCount(ended, endedBefore))}
      />
      <Figure
        label={figures.duration}
        value={formatMs(runs.duration.p95)}
        href={slow}
        opens={figures.opens.slowest}
        note={note(spread(runs.duration), changeOfMs(runs.duration.p95, before.runs.duration.p95))}
      />
      <Figure
        label={figures.wait}
        value={formatMs(tasks.wait.p95)}
        href={linkTo()}
        opens={figures.opens.ofTasks}
        note={note(spread(tasks.wait), changeOfMs(tasks.wait.p95, before.tasks.wait.p95))}
      />
      <Figure
        label={figures.time}
        value={formatMs(tasks.time.p95)}
        href={runsHref({ ...state.link, ended: range, sort: 'duration:desc' })}
        opens={figures.opens.ofTasksLongest}
        note={note(spread(tasks.time), changeOfMs(tasks.time.p95, before.tasks.time.p95))}
      />
      <Figure
        label={figures.retries}
        value={formatShare(tasks.retries.value)}
        href={runsHref({ ...state.link, ended: range, stage_outcome: 'retried' })}
        opens={figures.opens.retried}
        note={note(
          figures.retriesOf(formatCount(tasks.retries.of)),
          changeOfShare(tasks.retries, before.tasks.retries, true),
        )}
      />
    </div>
  );
}

function Charts({ view, state }: { view: Overview; state: ScopeState }) {
  const { series: points, bucket_ms: widthMs } = view;
  const { series, charts } = words;
  const common = { points, widthMs, state };
  const spreads = (of: (point: Overview['series'][number]) => Spread) => [
    { key: 'p50', label: series.p50, tone: 'good' as const, values: points.map((point) => of(point).p50) },
    {
      key: 'p95',
      label: series.p95,
      tone: 'busy' as const,
      style: 'dashed' as const,
      values: points.map((point) => of(point).p95),
    },
    {
      key: 'p99',
      label: series.p99,
      tone: 'hold' as const,
      style: 'dotted' as const,
      values: points.map((point) => of(point).p99),
    },
  ];
  return (
    <>
      <ChartCard
        {...common}
        label={charts.ended}
        kind="bars"
        unit="count"
        series={[
          {
            key: 'succeeded',
            label: series.succeeded,
            tone: 'good',
            values: points.map(({ runs }) => runs.succeeded),
          },
          {
            key: 'failed',
            label: series.failed,
            tone: 'bad',
            style: 'crossed',
            values: points.map(({ runs }) => runs.failed),
          },
          {
            key: 'cancelled',
            label: series.cancelled,
            tone: 'idle',
            values: points.map(({ runs }) => runs.cancelled),
          },
        ]}
      />
      <div className="grid gap-5 xl:grid-cols-3">
        <ChartCard
          {...common}
          label={charts.duration}
          kind="lines"
          unit="duration"
          series={spreads(({ runs }) => runs.duration)}
        />
        <ChartCard
          {...common}
          label={charts.wait}
          kind="lines"
          unit="duration"
          series={spreads(({ tasks }) => tasks.wait)}
        />
        <ChartCard
          {...common}
          label={charts.time}
          kind="lines"
          unit="duration"
          series={spreads(({ tasks }) => tasks.time)}
        />
      </div>
      <p className="text-xs text-quiet">{charts.hint}</p>
    </>
  );
}
