import type { Tone } from '../status.tsx';
import { FILLS } from './marks.tsx';

/** A line of at most some dozens of values, for a figure: no axis, so its label says what it shows. */
export function Sparkline({
  label,
  values,
  tone = 'busy',
}: {
  label: string;
  values: readonly number[];
  tone?: Tone;
}) {
  const high = Math.max(...values, 0);
  const step = values.length > 1 ? 100 / (values.length - 1) : 0;
  const yOf = (value: number) => 30 - (high === 0 ? 0 : (value / high) * 28);
  const line = values.map((value, at) => `${(at * step).toFixed(2)},${yOf(value).toFixed(2)}`).join(' ');
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox="0 0 100 32"
      preserveAspectRatio="none"
      className={`size-full overflow-visible ${FILLS[tone]}`}
    >
      <polygon points={`0,32 ${line} 100,32`} fill="currentColor" opacity="0.12" />
      <polyline
        points={line}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
