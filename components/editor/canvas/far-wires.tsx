'use client';

import { getBezierPath, Position, ViewportPortal } from '@xyflow/react';
import { memo, useMemo } from 'react';
import { useEditor } from '../context.ts';
import type { Point } from '../model/document.ts';
import { useObserved } from '../store/observable.ts';
import type { FlowNode, WireEdge } from './to-flow.ts';
import { looksOfWire, traceOf } from './wire-edge.tsx';

interface FarWiresProps {
  /** As the document says, which stays the same while something is dragged. */
  nodes: readonly FlowNode[];
  edges: readonly WireEdge[];
  /** Where things are that are dragged just now. */
  dragged: ReadonlyMap<string, Point>;
}

/**
 * The wires of a canvas on which nobody could point at one: a line for each look, and not an element for each wire.
 * Those of what is dragged are lines of their own, so that all others stay as they have been drawn.
 */
export function FarWires({ nodes, edges, dragged }: FarWiresProps) {
  const moved = [...dragged.keys()].join('\n');
  const [still, moving] = useMemo(() => {
    const ids = new Set(moved === '' ? [] : moved.split('\n'));
    const isMoved = ({ source, target }: WireEdge) => ids.has(source) || ids.has(target);
    return [edges.filter((edge) => !isMoved(edge)), edges.filter(isMoved)];
  }, [edges, moved]);
  return (
    <ViewportPortal>
      <svg aria-hidden className="far-wires">
        <Lines nodes={nodes} edges={still} dragged={NOWHERE} />
        <Lines nodes={nodes} edges={moving} dragged={dragged} />
      </svg>
    </ViewportPortal>
  );
}

const NOWHERE: ReadonlyMap<string, Point> = new Map();

const Lines = memo(function Lines({ nodes, edges, dragged }: FarWiresProps) {
  const { overlay, severities } = useEditor();
  const run = useObserved(overlay, (current) => current);
  const known = useObserved(severities, (current) => current);
  const boxes = useMemo(() => new Map(nodes.map((node) => [node.id, node])), [nodes]);
  const paths = new Map<string, string[]>();
  for (const { id, source, target, data, selected = false } of edges) {
    const [from, to] = [boxes.get(source), boxes.get(target)];
    if (!from || !to) continue;
    const trace = traceOf(run, data?.wire ?? null);
    const looks = looksOfWire({ selected, trace, isWrong: known.get(id) === 'error' });
    const path = pathBetween(
      { box: from, at: dragged.get(source) ?? from.position },
      { box: to, at: dragged.get(target) ?? to.position },
    );
    const same = paths.get(looks);
    if (same) same.push(path);
    else paths.set(looks, [path]);
  }
  return [...paths].map(([looks, all]) => <path key={looks} className={looks} d={all.join('')} />);
});

interface Placed {
  box: FlowNode;
  at: Point;
}

function pathBetween(from: Placed, to: Placed): string {
  const [path] = getBezierPath({
    sourceX: from.at.x + (from.box.width ?? 0),
    sourceY: from.at.y + (from.box.height ?? 0) / 2,
    sourcePosition: Position.Right,
    targetX: to.at.x,
    targetY: to.at.y + (to.box.height ?? 0) / 2,
    targetPosition: Position.Left,
  });
  return path;
}
