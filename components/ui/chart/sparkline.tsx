import type { Tone } from '../status.tsx';
import { FILLS } from './marks.tsx';
import { toStretches } from './stretches.ts';

/** A line of at most some dozens of values, for a figure: no axis, so its label says what it shows. Null: none is known. */
export function Sparkline({
  label,
  values,
  tone = 'busy',
}: {
  label: string;
  values: readonly (number | null)[];
  tone?: Tone;
}) {
  const high = Math.max(...values.map((value) => value ?? 0), 0);
  const yOf = (value: number) => 30 - (high === 0 ? 0 : (value / high) * 28);
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox="0 0 100 32"
      preserveAspectRatio="none"
      className={`size-full overflow-visible ${FILLS[high === 0 ? 'idle' : tone]}`}
    >
      {toStretches(values, 100).map((points) => (
        <Stretch key={points[0]?.x} points={points.map(({ x, value }) => ({ x, y: yOf(value) }))} />
      ))}
    </svg>
  );
}

function Stretch({ points }: { points: readonly { x: number; y: number }[] }) {
  const line = points.map(({ x, y }) => `${x.toFixed(2)},${y.toFixed(2)}`).join(' ');
  return (
    <>
      <polygon
        points={`${points[0]?.x},32 ${line} ${points.at(-1)?.x},32`}
        fill="currentColor"
        opacity="0.12"
      />
      <polyline
        points={line}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        vectorEffect="non-scaling-stroke"
      />
    </>
  );
}
