'use client';

import { ChartNoAxesColumn, Table2 } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { IconButton } from '../ui/button.tsx';
import { type ChartSeries, type ChartStretch, TimeChart } from '../ui/chart/index.ts';
import { writeTimeRange } from '../ui/filter/index.ts';
import { formatDuration } from '../ui/format.ts';
import { Card } from '../ui/surface.tsx';
import { Table } from '../ui/table.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { endsOf, formatCount, stretchOf } from './format.ts';
import { runsHref } from './links.ts';
import type { ScopeState } from './use-scope.ts';
import { words } from './words.ts';

interface ChartCardProps {
  label: string;
  kind: 'bars' | 'lines';
  unit: 'count' | 'duration';
  points: readonly { from: string; to: string }[];
  widthMs: number | null;
  series: readonly ChartSeries[];
  state: ScopeState;
}

/** A line of the table. */
interface Row {
  stretch: ChartStretch;
  at: number;
}

/** A chart that leads on: to a closer look at what is drawn over, and to the runs of a piece. The same as a table on demand. */
export function ChartCard({ label, kind, unit, points, widthMs, series, state }: ChartCardProps) {
  const router = useRouter();
  const [isTable, setTable] = useState(false);
  const { formatStretch, tickFormat } = state.clock;
  const stretches = points.map(stretchOf);
  const format = unit === 'duration' ? formatDuration : formatCount;
  const turn = isTable ? words.asChart : words.asTable;
  const open = (stretch: ChartStretch) => router.push(runsHref({ ...state.link, ended: endsOf(stretch) }));
  return (
    <Card
      title={label}
      flush={isTable}
      actions={
        <Tooltip text={turn}>
          <IconButton
            label={`${label}: ${turn.toLowerCase()}`}
            icon={isTable ? ChartNoAxesColumn : Table2}
            size="sm"
            onClick={() => setTable(!isTable)}
          />
        </Tooltip>
      }
    >
      {isTable ? (
        <div className="max-h-72 overflow-y-auto">
          <Table
            label={label}
            rows={stretches.map((stretch, at) => ({ stretch, at }))}
            keyOf={({ stretch }) => String(stretch.from)}
            columns={[
              { key: 'from', title: words.from, cell: ({ stretch }: Row) => formatStretch(stretch) },
              ...series.map((each) => ({
                key: each.key,
                title: each.label,
                align: 'end' as const,
                cell: ({ at }: Row) => {
                  const value = each.values[at] ?? null;
                  return value === null ? words.figures.none : format(value);
                },
              })),
            ]}
          />
        </div>
      ) : (
        <TimeChart
          label={label}
          kind={kind}
          unit={unit}
          stretches={stretches}
          series={series}
          formatValue={format}
          formatStretch={formatStretch}
          formatTick={tickFormat(widthMs)}
          onOpen={open}
          onZoom={({ from, to }) =>
            state.set({ range: writeTimeRange({ from: new Date(from), to: new Date(to) }) })
          }
        />
      )}
    </Card>
  );
}
