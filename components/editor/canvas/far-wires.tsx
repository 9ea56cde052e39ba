'use client';

import { ViewportPortal } from '@xyflow/react';
import { useMemo } from 'react';
import type { WireEdge } from './to-flow.ts';
import { NOWHERE, WireLines, type WireLinesProps } from './wire-lines.tsx';

/**
 * The wires of a canvas on which nobody could point at one: a line for each look, and not an element for each wire.
 * Those of what is dragged are lines of their own, so that all others stay as they have been drawn.
 */
export function FarWires({ nodes, edges, dragged }: WireLinesProps) {
  const moved = [...dragged.keys()].join('\n');
  const [still, moving] = useMemo(() => {
    const ids = new Set(moved === '' ? [] : moved.split('\n'));
    const isMoved = ({ source, target }: WireEdge) => ids.has(source) || ids.has(target);
    return [edges.filter((edge) => !isMoved(edge)), edges.filter(isMoved)];
  }, [edges, moved]);
  return (
    <ViewportPortal>
      <svg aria-hidden className="far-wires">
        <WireLines nodes={nodes} edges={still} dragged={NOWHERE} />
        <WireLines nodes={nodes} edges={moving} dragged={dragged} />
      </svg>
    </ViewportPortal>
  );
}
