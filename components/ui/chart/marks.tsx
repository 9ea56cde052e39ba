import { useId } from 'react';
import type { Tone } from '../status.tsx';
import type { ChartSeries } from './types.ts';

export const FILLS: Record<Tone, string> = {
  busy: 'text-busy-fill',
  good: 'text-good-fill',
  bad: 'text-bad-fill',
  warn: 'text-warn-fill',
  hold: 'text-hold-fill',
  idle: 'text-idle-fill',
};

const DASHES = { solid: undefined, crossed: undefined, dashed: '5 4', dotted: '1.5 3.5' } as const;
export const dashOf = ({ style = 'solid' }: ChartSeries) => DASHES[style];

interface Frame {
  width: number;
  height: number;
  /** Where a value stands, from the top. */
  yOf(value: number): number;
}

/** One on top of the other, the first below. */
export function Bars({ series, frame }: { series: readonly ChartSeries[]; frame: Frame }) {
  const crossed = useId();
  const places = series[0]?.values.length ?? 0;
  const slot = frame.width / Math.max(places, 1);
  const gap = Math.min(2, slot * 0.2);
  return (
    <>
      <defs>
        <pattern
          id={crossed}
          width="5"
          height="5"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <rect width="5" height="5" className="text-bad-fill" fill="currentColor" />
          <rect width="1.4" height="5" className="text-card" fill="currentColor" />
        </pattern>
      </defs>
      {Array.from({ length: places }, (_, place) => {
        let base = 0;
        return series.map(({ key, tone, style, values }) => {
          const value = values[place] ?? 0;
          const top = frame.yOf(base + value);
          const height = frame.yOf(base) - top;
          base += value;
          return value === 0 ? null : (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
              key={`${key} ${place}`}
              x={place * slot + gap / 2}
              y={top}
              width={Math.max(slot - gap, 1)}
              // However few there are, something is to be seen.
              height={Math.max(height, 1.5)}
              className={FILLS[tone]}
              fill={style === 'crossed' ? `url(#${crossed})` : 'currentColor'}
            />
          );
        });
      })}
    </>
  );
}

/** A line for each, broken where there is nothing; a value that stands alone is a dot. */
export function Lines({ series, frame }: { series: readonly ChartSeries[]; frame: Frame }) {
  const slot = frame.width / Math.max(series[0]?.values.length ?? 0, 1);
  return series.map((each) => {
    const pieces = piecesOf(each.values);
    return (
      <g key={each.key} className={FILLS[each.tone]} fill="none" stroke="currentColor" strokeWidth="1.75">
        {pieces.map((piece) => {
          const points = piece.map(({ place, value }) => `${(place + 0.5) * slot},${frame.yOf(value)}`);
          const [first] = points;
          if (points.length > 1 || first === undefined)
            return (
              <polyline
                key={points[0]}
                points={points.join(' ')}
                strokeLinejoin="round"
                strokeDasharray={dashOf(each)}
              />
            );
          const [x, y] = first.split(',');
          return <circle key={first} cx={x} cy={y} r="2" fill="currentColor" stroke="none" />;
        })}
      </g>
    );
  });
}

interface Point {
  place: number;
  value: number;
}

function piecesOf(values: readonly (number | null)[]): Point[][] {
  const pieces: Point[][] = [];
  let piece: Point[] = [];
  for (const [place, value] of values.entries()) {
    if (value !== null) piece.push({ place, value });
    else if (piece.length > 0) {
      pieces.push(piece);
      piece = [];
    }
  }
  return piece.length > 0 ? [...pieces, piece] : pieces;
}
