'use client';

import { useState } from 'react';
import { type ChartStretch, Sparkline, TimeChart } from '../ui/chart/index.ts';
import { formatDuration, formatMoment } from '../ui/format.ts';
import { Card, Figure } from '../ui/surface.tsx';

const HOUR_MS = 3_600_000;
const FIRST = Date.parse('2026-01-31T00:00:00Z');
const STRETCHES = Array.from({ length: 48 }, (_, at) => ({
  from: FIRST + at * HOUR_MS,
  to: FIRST + (at + 1) * HOUR_MS,
}));
const wave = (scale: number, shift: number) =>
  STRETCHES.map((_, at) => Math.max(0, Math.round(scale * (1.2 + Math.sin((at + shift) / 4)))));
const say = ({ from, to }: ChartStretch) =>
  `${formatMoment(new Date(from).toISOString())} – ${formatMoment(new Date(to).toISOString())}`;
const tick = (at: number) => `${String(new Date(at).getUTCHours()).padStart(2, '0')}:00`;

export function Charts() {
  const [said, setSaid] = useState('Nothing chosen yet.');
  const common = {
    stretches: STRETCHES,
    formatStretch: say,
    formatTick: tick,
    onOpen: (stretch: ChartStretch) => setSaid(`Opened: ${say(stretch)}`),
    onZoom: (range: ChartStretch) => setSaid(`Looked closer: ${say(range)}`),
  };
  return (
    <div className="flex flex-col gap-5">
      <Card title="Bars">
        <TimeChart
          {...common}
          label="Examples that ended"
          kind="bars"
          unit="count"
          formatValue={String}
          series={[
            { key: 'good', label: 'Succeeded', tone: 'good', values: wave(40, 0) },
            { key: 'bad', label: 'Failed', tone: 'bad', style: 'crossed', values: wave(5, 9) },
            { key: 'idle', label: 'Cancelled', tone: 'idle', values: wave(1, 3) },
          ]}
        />
        <p className="mt-2 text-sm text-quiet" aria-live="polite">
          {said}
        </p>
      </Card>
      <Card title="Lines, with gaps">
        <TimeChart
          {...common}
          label="How long examples took"
          kind="lines"
          unit="duration"
          formatValue={formatDuration}
          series={[
            { key: 'p50', label: 'p50', tone: 'good', values: wave(2_000, 2) },
            {
              ...{ key: 'p95', label: 'p95', tone: 'busy', style: 'dashed' },
              values: wave(9_000, 2).map((value, at) => (at > 20 && at < 26 ? null : value)),
            },
            { key: 'p99', label: 'p99', tone: 'hold', style: 'dotted', values: wave(14_000, 1) },
          ]}
        />
      </Card>
      <div className="grid grid-cols-2 gap-3 md:grid-cols-3">
        <Figure label="Of a figure" value="1,204" unit="/min">
          <Sparkline label="Examples a minute" values={wave(20, 4)} />
        </Figure>
        <Figure label="Nothing at all" value="0">
          <Sparkline label="Nothing" values={[0, 0, 0]} tone="idle" />
        </Figure>
      </div>
    </div>
  );
}
