import type { Viewport } from '@xyflow/react';
import { useMemo } from 'react';
import { boundsOf } from '../canvas/bounds.ts';
import type { FlowNode } from '../canvas/to-flow.ts';

const SIZE = { width: 200, height: 150 } as const;
const MARGIN = 5;

interface StillMapProps {
  nodes: readonly FlowNode[];
  look: Viewport;
  window: { width: number; height: number };
}

/** What is in sight and what is not, drawn as the map of the canvas draws it. */
export function StillMap({ nodes, look, window }: StillMapProps) {
  const all = useMemo(() => boundsOf(nodes), [nodes]);
  const boxes = useMemo(() => nodes.map((node) => <Box key={node.id} node={node} />), [nodes]);
  const seen = {
    ...{ x: -look.x / look.zoom, y: -look.y / look.zoom },
    ...{ width: window.width / look.zoom, height: window.height / look.zoom },
  };
  const [left, top] = [Math.min(all.x, seen.x), Math.min(all.y, seen.y)];
  const width = Math.max(all.x + all.width, seen.x + seen.width) - left;
  const height = Math.max(all.y + all.height, seen.y + seen.height) - top;
  const scale = Math.max(width / SIZE.width, height / SIZE.height);
  const margin = MARGIN * scale;
  const view = {
    ...{ x: left - (scale * SIZE.width - width) / 2 - margin, width: scale * SIZE.width + 2 * margin },
    ...{ y: top - (scale * SIZE.height - height) / 2 - margin, height: scale * SIZE.height + 2 * margin },
  };
  return (
    <svg
      aria-hidden
      {...SIZE}
      viewBox={`${view.x} ${view.y} ${view.width} ${view.height}`}
      className="still-map absolute right-0 bottom-0 m-[15px]"
    >
      {boxes}
      <path
        fillRule="evenodd"
        d={`M${view.x},${view.y}h${view.width}v${view.height}h${-view.width}zM${seen.x},${seen.y}h${seen.width}v${seen.height}h${-seen.width}z`}
      />
    </svg>
  );
}

function Box({ node: { position, width = 0, height = 0 } }: { node: FlowNode }) {
  return <rect {...position} width={width} height={height} rx={5} />;
}
