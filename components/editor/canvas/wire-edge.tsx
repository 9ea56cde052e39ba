'use client';

import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath, useStore } from '@xyflow/react';
import { memo } from 'react';
import { useEditor } from '../context.ts';
import { whenLabel } from '../model/outline.ts';
import { useObserved } from '../store/observable.ts';
import { hasLabels } from './detail.ts';
import type { WireEdge as WireEdgeType } from './to-flow.ts';
import { CHIP, looksOfWire, traceOf } from './wire-looks.ts';

export const WireEdge = memo(function WireEdge(props: EdgeProps<WireEdgeType>) {
  const { id, data, selected = false } = props;
  const { overlay, severities } = useEditor();
  const wire = data?.wire ?? null;
  const trace = useObserved(overlay, (run) => traceOf(run, data));
  const isWrong = useObserved(severities, (known) => known.get(id) === 'error');
  const [path, x, y] = getBezierPath(props);
  const label = wire && whenLabel(wire);
  return (
    <>
      <BaseEdge
        id={id}
        path={path}
        interactionWidth={22}
        className={looksOfWire({ selected, trace, isWrong })}
      />
      {label === null ? null : <WhenChip id={id} label={label} at={{ x, y }} selected={selected} />}
    </>
  );
});

function WhenChip({
  id,
  label,
  at,
  selected,
}: {
  id: string;
  label: string;
  at: { x: number; y: number };
  selected: boolean;
}) {
  const { store } = useEditor();
  const isShown = useStore((flow) => hasLabels(flow.transform[2]));
  if (!isShown) return null;
  return (
    <EdgeLabelRenderer>
      <button
        type="button"
        tabIndex={-1}
        onClick={() => store.select([id])}
        title={label}
        className={`nodrag nopan pointer-events-auto absolute ${CHIP} ${selected ? 'border-accent text-accent' : 'border-control/60 text-quiet hover:border-control'}`}
        style={{ transform: `translate(-50%, -50%) translate(${at.x}px, ${at.y}px)` }}
      >
        {label}
      </button>
    </EdgeLabelRenderer>
  );
}
