'use client';

import { words } from '../words.ts';
import { Bars, dashOf, FILLS, Lines } from './marks.tsx';
import { durationStepsUpTo, labelledPlaces, wholeStepsUpTo } from './scale.ts';
import type { ChartProps, ChartSeries } from './types.ts';
import { type PlotState, usePlot, useWidth } from './use-plot.ts';

const HEIGHT_PX = 168;
const TOP_PX = 8;
const AXIS_PX = 64;
const TICK_PX = 76;

/**
 * What happened when: bars on top of each other, or lines. The plot is one stop of the tab key: the arrows read it
 * stretch by stretch, Enter opens what is behind one, Shift with the arrows and then Enter looks closer, as drawing over
 * it does. Whoever would rather read numbers is given a table by the page.
 */
export function TimeChart(props: ChartProps) {
  const { kind, stretches, series, unit, formatValue } = props;
  const { ref, width } = useWidth(640);
  const steps = (unit === 'duration' ? durationStepsUpTo : wholeStepsUpTo)(highest(series, kind));
  const top = steps.at(-1) ?? 1;
  const yOf = (value: number) => TOP_PX + (HEIGHT_PX - TOP_PX) * (1 - value / top);
  return (
    <div>
      <Legend series={series} kind={kind} />
      <div className="flex">
        <div
          aria-hidden
          className="relative shrink-0 text-2xs text-quiet tabular-nums"
          style={{ inlineSize: AXIS_PX }}
        >
          {steps.map((step) => (
            <span
              key={step}
              className="absolute right-2 -translate-y-1/2 whitespace-nowrap"
              style={{ insetBlockStart: yOf(step) }}
            >
              {formatValue(step)}
            </span>
          ))}
        </div>
        <div ref={ref} className="relative min-w-0 grow">
          <Plot {...props} width={width} steps={steps} yOf={yOf} />
          <Ticks stretches={stretches} formatTick={props.formatTick} width={width} />
        </div>
      </div>
    </div>
  );
}

type PlotProps = ChartProps & { width: number; steps: readonly number[]; yOf(value: number): number };

function Plot(props: PlotProps) {
  const { label, kind, stretches, series, width, steps, yOf, onZoom, onOpen } = props;
  const { state, pointer, keys } = usePlot(props);
  const Marks = kind === 'bars' ? Bars : Lines;
  const at = state.at ?? stretches.length - 1;
  return (
    <>
      <svg aria-hidden="true" width={width} height={HEIGHT_PX + 1} className="block overflow-visible">
        {steps.map((step) => (
          <line
            key={step}
            x1={0}
            x2={width}
            y1={yOf(step)}
            y2={yOf(step)}
            className="text-line"
            stroke="currentColor"
          />
        ))}
        <Chosen state={state} slot={width / Math.max(stretches.length, 1)} />
        <Marks series={series} frame={{ width, height: HEIGHT_PX, yOf }} />
      </svg>
      {hasValues(series, kind) ? null : (
        <p
          className="absolute inset-x-0 top-0 flex items-center justify-center text-sm text-quiet"
          style={{ blockSize: HEIGHT_PX }}
        >
          {words.nothingDrawn}
        </p>
      )}
      <div
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={1}
        aria-valuemax={Math.max(stretches.length, 1)}
        aria-valuenow={Math.max(at + 1, 1)}
        aria-valuetext={say(props, at)}
        className={`absolute inset-x-0 top-0 touch-pan-y select-none rounded-sm ${onZoom ? 'cursor-crosshair' : onOpen ? 'cursor-pointer' : ''}`}
        style={{ blockSize: HEIGHT_PX }}
        {...pointer}
        {...keys}
      />
      <Reading {...props} state={state} />
    </>
  );
}

function Ticks({
  stretches,
  formatTick,
  width,
}: Pick<ChartProps, 'stretches' | 'formatTick'> & { width: number }) {
  return (
    <div aria-hidden className="relative h-5 text-2xs text-quiet tabular-nums">
      {labelledPlaces(stretches.length, width, TICK_PX).map((place) => (
        <span
          key={place}
          className="absolute top-1 whitespace-nowrap"
          style={{ insetInlineStart: (place * width) / Math.max(stretches.length, 1) }}
        >
          {formatTick(stretches[place]?.from ?? 0)}
        </span>
      ))}
    </div>
  );
}

/** Of bars, none is as high as nothing. */
const hasValues = (series: readonly ChartSeries[], kind: ChartProps['kind']): boolean =>
  series.some(({ values }) => values.some((value) => value !== null && (kind === 'lines' || value > 0)));

function highest(series: readonly ChartSeries[], kind: ChartProps['kind']): number {
  const places = series[0]?.values.length ?? 0;
  const valuesAt = (place: number) => series.map(({ values }) => values[place] ?? 0);
  const highs = Array.from({ length: places }, (_, place) =>
    kind === 'bars'
      ? valuesAt(place).reduce((sum, value) => sum + value, 0)
      : Math.max(0, ...valuesAt(place)),
  );
  return Math.max(0, ...highs);
}

function say({ stretches, series, formatStretch, formatValue }: ChartProps, place: number): string {
  const stretch = stretches[place];
  if (!stretch) return '';
  const values = series.map(({ label, values: all }) => {
    const value = all[place] ?? null;
    return `${label} ${value === null ? '–' : formatValue(value)}`;
  });
  return `${formatStretch(stretch)}: ${values.join(', ')}`;
}

function Legend({ series, kind }: Pick<ChartProps, 'series' | 'kind'>) {
  return (
    <ul aria-hidden className="mb-2 flex flex-wrap gap-x-4 gap-y-1 text-xs text-quiet">
      {series.map((each) => (
        <li key={each.key} className="flex items-center gap-1.5">
          <svg width={16} height={10} aria-hidden="true">
            {kind === 'bars' ? (
              <Bars
                series={[{ ...each, values: [1] }]}
                frame={{ width: 12, height: 10, yOf: (value) => 10 - value * 10 }}
              />
            ) : (
              <line
                x1={0}
                x2={16}
                y1={5}
                y2={5}
                className={FILLS[each.tone]}
                stroke="currentColor"
                strokeWidth="2"
                strokeDasharray={dashOf(each)}
              />
            )}
          </svg>
          {each.label}
        </li>
      ))}
    </ul>
  );
}

/** What is pointed at, or drawn over. */
function Chosen({ state: { at, chosen }, slot }: { state: PlotState; slot: number }) {
  if (at === undefined) return null;
  const { first, last } = chosen ?? { first: at, last: at };
  return (
    <rect
      x={first * slot}
      y={0}
      width={(last - first + 1) * slot}
      height={HEIGHT_PX}
      fill="currentColor"
      className={chosen ? 'text-accent-soft' : 'text-hover'}
    />
  );
}

function Reading(props: ChartProps & { state: PlotState; width: number }) {
  const { stretches, series, formatStretch, formatValue, width } = props;
  const { at, chosen } = props.state;
  const stretch = at === undefined ? undefined : stretches[at];
  if (at === undefined || !stretch) return null;
  const [first, last] = [stretches[chosen?.first ?? at], stretches[chosen?.last ?? at]];
  const x = ((at + 0.5) * width) / stretches.length;
  const isRight = x > width / 2;
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute top-1 z-20 min-w-40 rounded-md border border-line bg-raised px-2.5 py-1.5 text-xs shadow-raised"
      style={isRight ? { insetInlineEnd: width - x + 12 } : { insetInlineStart: x + 12 }}
    >
      <p className="mb-1 whitespace-nowrap font-medium">
        {first && last ? formatStretch({ from: first.from, to: last.to }) : null}
      </p>
      {series.map(({ key, label, values }) => (
        <p key={key} className="flex justify-between gap-4 text-quiet tabular-nums">
          {label}
          <span className="text-text">{formatNullable(values[at] ?? null, formatValue)}</span>
        </p>
      ))}
    </div>
  );
}

const formatNullable = (value: number | null, format: (value: number) => string): string =>
  value === null ? '–' : format(value);
