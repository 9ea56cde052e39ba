import { getNodesBounds, MiniMap, useStore } from '@xyflow/react';
import { useMemo } from 'react';
import { words } from '../words.ts';
import type { FlowNode } from './to-flow.ts';

/** So few are found without a map, as long as all of them are in sight. */
const FEW_NODES = 6;

/** All of it in small, for those who see a part. */
export function LittleMap({ nodes }: { nodes: FlowNode[] }) {
  const isMany = nodes.length > FEW_NODES;
  const box = useMemo(() => (isMany ? null : getNodesBounds(nodes)), [isMany, nodes]);
  const isWanted = useStore(({ transform: [x, y, zoom], width, height }) => {
    if (box === null) return true;
    const [left, top] = [box.x * zoom + x, box.y * zoom + y];
    return left < 0 || top < 0 || left + box.width * zoom > width || top + box.height * zoom > height;
  });
  return isWanted ? <MiniMap pannable zoomable ariaLabel={words.map} position="bottom-right" /> : null;
}
