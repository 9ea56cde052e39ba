'use client';

import { useQuery } from '@tanstack/react-query';
import { ChartNoAxesColumn } from 'lucide-react';
import { query } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { Empty, Skeleton } from '../ui/feedback.tsx';
import { formatBytes, formatCount } from '../ui/format.ts';
import { Card } from '../ui/surface.tsx';
import { Table } from '../ui/table.tsx';
import { Ago } from '../ui/text.tsx';
import { words } from './words.ts';

const DAYS = 30;

export function Usage() {
  const asked = useQuery(query('mcpUsage.stats', { days: DAYS }));
  const { data, error } = asked;
  if (error) return <Broken of={asked} />;
  return (
    <Card title={words.usageOf(DAYS)} flush>
      {data ? null : <Skeleton label={words.tabs.usage} />}
      {data?.tools.length === 0 ? (
        <Empty icon={ChartNoAxesColumn} title={words.noUsage}>
          {words.noUsageNote}
        </Empty>
      ) : null}
      {data && data.tools.length > 0 ? (
        <Table
          label={words.tabs.usage}
          rows={data.tools}
          keyOf={({ connection_id, tool }) => `${connection_id} ${tool}`}
          columns={[
            { key: 'tool', title: 'Tool', cell: ({ tool }) => <span className="font-mono">{tool}</span> },
            { key: 'at', title: 'Of', wideOnly: true, cell: ({ connection }) => connection ?? 'gone' },
            { key: 'calls', title: 'Calls', align: 'end', cell: ({ calls }) => formatCount(calls) },
            {
              key: 'bad',
              title: 'Not answered',
              align: 'end',
              cell: ({ faults, tool_errors }) => formatCount(faults + tool_errors),
            },
            { key: 'refused', title: 'Refused', align: 'end', cell: ({ refusals }) => formatCount(refusals) },
            {
              key: 'mean',
              title: 'Mean',
              align: 'end',
              cell: ({ mean_ms }) => (mean_ms === null ? '–' : `${mean_ms} ms`),
            },
            {
              key: 'got',
              title: 'Got',
              align: 'end',
              wideOnly: true,
              cell: ({ got_bytes }) => formatBytes(got_bytes),
            },
            { key: 'last', title: 'Last', wideOnly: true, cell: ({ last_at }) => <Ago at={last_at} /> },
          ]}
        />
      ) : null}
    </Card>
  );
}
