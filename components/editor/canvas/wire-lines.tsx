'use client';

import { memo, useMemo } from 'react';
import { useEditor } from '../context.ts';
import type { Point } from '../model/document.ts';
import { useObserved } from '../store/observable.ts';
import type { FlowNode, WireEdge } from './to-flow.ts';
import { wireBetween } from './wire-between.ts';
import { looksOfWire, traceOf } from './wire-looks.ts';

export interface WireLinesProps {
  /** As the document says, which stays the same while something is dragged. */
  nodes: readonly FlowNode[];
  edges: readonly WireEdge[];
  /** Where things are that are dragged just now. */
  dragged: ReadonlyMap<string, Point>;
}

export const NOWHERE: ReadonlyMap<string, Point> = new Map();

/** A line for each look, and not an element for each wire. */
export const WireLines = memo(function WireLines({ nodes, edges, dragged }: WireLinesProps) {
  const { overlay, severities } = useEditor();
  const run = useObserved(overlay, (current) => current);
  const known = useObserved(severities, (current) => current);
  const boxes = useMemo(() => new Map(nodes.map((node) => [node.id, node])), [nodes]);
  const paths = new Map<string, string[]>();
  for (const { id, source, target, data, selected = false } of edges) {
    const [from, to] = [boxes.get(source), boxes.get(target)];
    if (!from || !to) continue;
    const trace = traceOf(run, data);
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

const pathBetween = (from: Placed, to: Placed): string =>
  wireBetween(
    { x: from.at.x + (from.box.width ?? 0), y: from.at.y + (from.box.height ?? 0) / 2 },
    { x: to.at.x, y: to.at.y + (to.box.height ?? 0) / 2 },
  ).path;
