import { MiniMap, useStore } from '@xyflow/react';
import { useMemo } from 'react';
import { words } from '../words.ts';
import { needsMap } from './map-need.ts';
import type { FlowNode } from './to-flow.ts';

/** All of it in small, for those who see a part. */
export function LittleMap({ nodes }: { nodes: FlowNode[] }) {
  const ask = useMemo(() => needsMap(nodes), [nodes]);
  const isWanted = useStore(({ transform: [x, y, zoom], width, height }) =>
    ask({ x, y, zoom }, { width, height }),
  );
  return isWanted ? <MiniMap pannable zoomable ariaLabel={words.map} position="bottom-right" /> : null;
}
