import type { Viewport } from '@xyflow/react';
import { boundsOf } from './bounds.ts';
import type { FlowNode } from './to-flow.ts';

interface Size {
  width: number;
  height: number;
}

/** So few are found without a map, as long as all of them are in sight. */
const FEW_NODES = 6;

/** Whether a map of these helps whoever looks at them from there. */
export function needsMap(nodes: readonly FlowNode[]): (look: Viewport, window: Size) => boolean {
  if (nodes.length > FEW_NODES) return () => true;
  const box = boundsOf(nodes);
  return ({ x, y, zoom }, { width, height }) => {
    const [left, top] = [box.x * zoom + x, box.y * zoom + y];
    return left < 0 || top < 0 || left + box.width * zoom > width || top + box.height * zoom > height;
  };
}
