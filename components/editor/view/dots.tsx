import type { Viewport } from '@xyflow/react';
import { useId } from 'react';

const GAP = 20;
const SIZE = 1.5;

/** The ground of the canvas. */
export function Dots({ look: { x, y, zoom } }: { look: Viewport }) {
  const id = useId();
  const gap = GAP * zoom;
  const radius = (SIZE * zoom) / 2;
  return (
    <svg aria-hidden className="absolute inset-0 size-full">
      <pattern
        id={id}
        {...{ x: x % gap, y: y % gap, width: gap, height: gap }}
        patternUnits="userSpaceOnUse"
        patternTransform={`translate(-${gap / 2},-${gap / 2})`}
      >
        <circle className="still-dot" cx={radius} cy={radius} r={radius} />
      </pattern>
      <rect width="100%" height="100%" fill={`url(#${id})`} />
    </svg>
  );
}
