'use client';

import { useQuery } from '@tanstack/react-query';
import { type Answer, query } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { ProgressBar, Skeleton } from '../ui/feedback.tsx';
import { formatCount, formatDuration } from '../ui/format.ts';
import { Card } from '../ui/surface.tsx';
import { Table } from '../ui/table.tsx';
import { Until } from '../ui/text.tsx';
import { words } from './words.ts';

type Limits = Answer<'limits.get'>;

const QUOTAS: Record<Limits['quotas'][number]['name'], string> = words.limits.names;

const REFRESH_MS = 5000;

export function LimitsSection() {
  const asked = useQuery({ ...query('limits.get', {}), refetchInterval: REFRESH_MS });
  const { data, error } = asked;
  if (error && !data) return <Broken of={asked} />;
  return (
    <>
      <Card title={words.limits.quotas} flush>
        {data ? <Quotas quotas={data.quotas} /> : <Skeleton label={words.limits.loadingQuotas} rows={2} />}
      </Card>
      <Card title={words.limits.rates} flush>
        {data ? <Rates rates={data.rates} /> : <Skeleton label={words.limits.loadingRates} rows={2} />}
      </Card>
      <p className="text-sm text-quiet">{words.limits.where}</p>
    </>
  );
}

function Quotas({ quotas }: Pick<Limits, 'quotas'>) {
  if (quotas.length === 0) return <p className="px-4 py-3 text-sm text-quiet">{words.limits.noQuotas}</p>;
  return (
    <Table
      label={words.limits.quotas}
      rows={quotas}
      keyOf={({ name }) => name}
      columns={[
        { key: 'name', title: words.limits.quota, cell: ({ name }) => QUOTAS[name] },
        {
          key: 'bar',
          title: words.limits.used,
          wideOnly: true,
          cell: ({ name, used, limit }) => (
            <ProgressBar label={QUOTAS[name]} value={Math.min(1, used / limit)} />
          ),
        },
        {
          key: 'used',
          title: '',
          align: 'end',
          cell: ({ used, limit }) => words.limits.of(formatCount(used), formatCount(limit)),
        },
        {
          key: 'resets',
          title: words.limits.resets,
          wideOnly: true,
          cell: ({ resets_at }) => (resets_at ? <Until at={resets_at} /> : words.limits.atAnEnd),
        },
      ]}
    />
  );
}

function Rates({ rates }: Pick<Limits, 'rates'>) {
  if (rates.length === 0) return <p className="px-4 py-3 text-sm text-quiet">{words.limits.noRates}</p>;
  return (
    <Table
      label={words.limits.rates}
      rows={rates}
      keyOf={({ name }) => name}
      columns={[
        { key: 'name', title: words.limits.calls, cell: ({ name }) => name },
        {
          key: 'limit',
          title: words.limits.most,
          align: 'end',
          cell: ({ limit, window }) => words.limits.inTime(formatCount(limit), formatDuration(window * 1000)),
        },
        { key: 'left', title: words.limits.left, align: 'end', cell: ({ left }) => formatCount(left) },
      ]}
    />
  );
}
