'use client';

import { useQuery } from '@tanstack/react-query';
import { type Answer, query } from '../data/index.ts';
import { Notice, ProgressBar, Skeleton } from '../ui/feedback.tsx';
import { formatCount, formatDuration } from '../ui/format.ts';
import { Card } from '../ui/surface.tsx';
import { Table } from '../ui/table.tsx';
import { Until } from '../ui/text.tsx';

type Limits = Answer<'limits.get'>;

const QUOTAS: Record<Limits['quotas'][number]['name'], string> = {
  runs_per_day: 'Runs in a day',
  runs_per_key_minute: 'Runs a minute by this key',
  runs_in_flight: 'Runs at once',
};

const REFRESH_MS = 5000;

export function LimitsSection() {
  const { data, error } = useQuery({ ...query('limits.get', {}), refetchInterval: REFRESH_MS });
  if (error && !data) return <Notice message={error.message} advice={error.advice} />;
  return (
    <>
      <Card title="Quotas of the organisation" flush>
        {data ? <Quotas quotas={data.quotas} /> : <Skeleton label="Loading the quotas" rows={2} />}
      </Card>
      <Card title="Rates of calls, for you" flush>
        {data ? <Rates rates={data.rates} /> : <Skeleton label="Loading the rates" rows={2} />}
      </Card>
      <p className="text-sm text-quiet">
        Limits are set where the server is started, by the settings <code>SIGNALBOX_RUNS_*</code> and{' '}
        <code>SIGNALBOX_RATE_*</code>.
      </p>
    </>
  );
}

function Quotas({ quotas }: Pick<Limits, 'quotas'>) {
  if (quotas.length === 0) return <p className="px-4 py-3 text-sm text-quiet">None is set.</p>;
  return (
    <Table
      label="Quotas"
      rows={quotas}
      keyOf={({ name }) => name}
      columns={[
        { key: 'name', title: 'Quota', cell: ({ name }) => QUOTAS[name] },
        {
          key: 'bar',
          title: 'Used',
          wideOnly: true,
          cell: ({ name, used, limit }) => (
            <ProgressBar label={QUOTAS[name]} value={Math.min(1, used / limit)} />
          ),
        },
        {
          key: 'used',
          title: '',
          align: 'end',
          cell: ({ used, limit }) => `${formatCount(used)} of ${formatCount(limit)}`,
        },
        {
          key: 'resets',
          title: 'Room again',
          wideOnly: true,
          cell: ({ resets_at }) => (resets_at ? <Until at={resets_at} /> : 'when a run ends'),
        },
      ]}
    />
  );
}

function Rates({ rates }: Pick<Limits, 'rates'>) {
  if (rates.length === 0) return <p className="px-4 py-3 text-sm text-quiet">You are not limited.</p>;
  return (
    <Table
      label="Rates"
      rows={rates}
      keyOf={({ name }) => name}
      columns={[
        { key: 'name', title: 'Calls', cell: ({ name }) => name },
        {
          key: 'limit',
          title: 'At most',
          align: 'end',
          cell: ({ limit, window }) => `${formatCount(limit)} in ${formatDuration(window * 1000)}`,
        },
        { key: 'left', title: 'Left', align: 'end', cell: ({ left }) => formatCount(left) },
      ]}
    />
  );
}
