'use client';

import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath, useStore } from '@xyflow/react';
import { memo } from 'react';
import { isTaskFailure, isTaskHeld, isTaskSkipped, isTaskSuccess } from '../../../server/domain/statuses.ts';
import { type RunOverlay, useEditor } from '../context.ts';
import type { Wire } from '../model/document.ts';
import { whenLabel } from '../model/outline.ts';
import { useObserved } from '../store/observable.ts';
import type { WireEdge as WireEdgeType } from './to-flow.ts';

const LABEL_ZOOM = 0.5;

export const WireEdge = memo(function WireEdge(props: EdgeProps<WireEdgeType>) {
  const { id, data, selected = false } = props;
  const { overlay, severities } = useEditor();
  const wire = data?.wire ?? null;
  const trace = useObserved(overlay, (run) => traceOf(run, wire));
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

type Trace = 'none' | 'taken' | 'untaken' | 'moving';

/** What the run that is drawn over the canvas says of the wire: a plain word, so that only a change redraws it. */
export function traceOf(run: RunOverlay | null, wire: Wire | null): Trace {
  const [from, to] = [run?.stages.get(wire?.from ?? ''), run?.stages.get(wire?.to ?? '')];
  if (!from || !to) return 'none';
  if (isTaskSkipped(to.status)) return 'untaken';
  if (isTaskHeld(to.status)) return 'moving';
  return isTaskSuccess(to.status) || isTaskFailure(to.status) ? 'taken' : 'none';
}

export function looksOfWire({
  selected,
  trace,
  isWrong,
}: {
  selected: boolean;
  trace: Trace;
  isWrong: boolean;
}): string {
  if (selected) return 'wire wire-selected';
  return isWrong ? 'wire wire-wrong' : `wire wire-${trace}`;
}

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
  const isShown = useStore((flow) => flow.transform[2] >= LABEL_ZOOM);
  if (!isShown) return null;
  return (
    <EdgeLabelRenderer>
      <button
        type="button"
        tabIndex={-1}
        onClick={() => store.select([id])}
        title={label}
        className={`nodrag nopan pointer-events-auto absolute max-w-40 truncate rounded-full border bg-card px-2 py-0.5 font-mono text-2xs ${selected ? 'border-accent text-accent' : 'border-control/60 text-quiet hover:border-control'}`}
        style={{ transform: `translate(-50%, -50%) translate(${at.x}px, ${at.y}px)` }}
      >
        {label}
      </button>
    </EdgeLabelRenderer>
  );
}
