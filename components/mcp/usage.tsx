'use client';

import { useQuery } from '@tanstack/react-query';
import { ChartNoAxesColumn } from 'lucide-react';
import { type Answer, query } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { TimeChart } from '../ui/chart/index.ts';
import { useClock } from '../ui/clock.ts';
import { Empty, Skeleton } from '../ui/feedback.tsx';
import { formatBytes, formatCount, formatDuration } from '../ui/format.ts';
import { LOCALE } from '../ui/language.ts';
import { Link } from '../ui/link.tsx';
import { Card, Figure } from '../ui/surface.tsx';
import { Table, type TableColumn } from '../ui/table.tsx';
import { Ago } from '../ui/text.tsx';
import { type Day, daysOf } from './days-of.ts';
import { words } from './words.ts';

type Stats = Answer<'mcpUsage.stats'>;
type Tool = Stats['tools'][number];

const DAYS = 30;

export function Usage() {
  const asked = useQuery(query('mcpUsage.stats', { days: DAYS }));
  const readTime = useClock();
  const { data, error } = asked;
  if (error && !data) return <Broken of={asked} />;
  if (!data)
    return (
      <Card flush>
        <Skeleton label={words.tabs.usage} rows={8} />
      </Card>
    );
  if (data.tools.length === 0)
    return (
      <Card flush>
        <Empty icon={ChartNoAxesColumn} title={words.noUsage}>
          {words.noUsageNote}
        </Empty>
      </Card>
    );
  return (
    <div className="flex flex-col gap-5">
      <Figures days={data.days} />
      <Card title={words.usage.byDay}>
        <ByDay days={daysOf(data.days, DAYS, readTime())} />
      </Card>
      <Card title={words.usage.byTool} flush>
        <Table
          label={words.tabs.usage}
          rows={data.tools}
          keyOf={({ connection_id, tool }) => `${connection_id} ${tool}`}
          columns={COLUMNS}
        />
        {data.more_tools ? (
          <p className="border-t border-line px-4 py-3 text-sm text-quiet">
            {words.usage.more(formatCount(data.tools.length))}
          </p>
        ) : null}
      </Card>
    </div>
  );
}

/** Of the days that the chart shows. */
function Figures({ days }: Pick<Stats, 'days'>) {
  const sum = (of: (day: Stats['days'][number]) => number) =>
    formatCount(days.reduce((total, day) => total + of(day), 0));
  const { usage: said } = words;
  return (
    <section aria-label={words.usageOf(DAYS)} className="grid grid-cols-2 gap-3 sm:grid-cols-3">
      <Figure label={said.calls} value={sum(({ calls }) => calls)} note={words.usageOf(DAYS)} />
      <Figure label={said.unanswered} value={sum(({ faults }) => faults)} note={said.unansweredNote} />
      <Figure label={said.refused} value={sum(({ refusals }) => refusals)} note={said.refusedNote} />
    </section>
  );
}

const DAY_FORMAT = new Intl.DateTimeFormat(LOCALE, { day: '2-digit', month: 'short', timeZone: 'UTC' });

function ByDay({ days }: { days: readonly Day[] }) {
  const say = (at: number) => DAY_FORMAT.format(at);
  return (
    <TimeChart
      label={words.usage.byDay}
      kind="bars"
      unit="count"
      stretches={days}
      series={[
        {
          key: 'answered',
          label: words.usage.answered,
          tone: 'good',
          values: days.map((day) => day.answered),
        },
        {
          ...{ key: 'faults', label: words.usage.unanswered, tone: 'bad', style: 'crossed' },
          values: days.map((day) => day.faults),
        },
        {
          ...{ key: 'refusals', label: words.usage.refused, tone: 'hold', style: 'dotted' },
          values: days.map((day) => day.refusals),
        },
      ]}
      formatValue={formatCount}
      formatStretch={({ from }) => say(from)}
      formatTick={say}
    />
  );
}

const COLUMNS: readonly TableColumn<Tool>[] = [
  {
    key: 'tool',
    title: words.columns.tool,
    cell: ({ tool }) => <span className="font-mono">{tool}</span>,
  },
  {
    key: 'at',
    title: words.columns.connection,
    cell: ({ connection_id: id, connection }) =>
      connection === null ? (
        <span className="text-quiet">{words.gone}</span>
      ) : (
        <Link href={`/connections/${id}`} className="hover:underline">
          {connection}
        </Link>
      ),
  },
  {
    key: 'calls',
    title: words.columns.calls,
    align: 'end',
    cell: ({ calls }) => formatCount(calls),
  },
  {
    key: 'bad',
    title: words.columns.unanswered,
    align: 'end',
    cell: ({ faults, tool_errors }) => formatCount(faults + tool_errors),
  },
  {
    key: 'refused',
    title: words.columns.refused,
    align: 'end',
    cell: ({ refusals }) => formatCount(refusals),
  },
  {
    key: 'mean',
    title: words.columns.mean,
    align: 'end',
    cell: ({ mean_ms }) => (mean_ms === null ? '–' : formatDuration(mean_ms)),
  },
  {
    key: 'slowest',
    title: words.columns.slowest,
    align: 'end',
    wideOnly: true,
    cell: ({ max_ms }) => formatDuration(max_ms),
  },
  {
    key: 'got',
    title: words.columns.got,
    align: 'end',
    wideOnly: true,
    cell: ({ got_bytes }) => formatBytes(got_bytes),
  },
  { key: 'last', title: words.columns.last, wideOnly: true, cell: ({ last_at }) => <Ago at={last_at} /> },
];
