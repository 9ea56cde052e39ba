'use client';

import type { Viewport } from '@xyflow/react';
import { memo, useMemo } from 'react';
import { detailOf, hasLabels, isMany, useDetail } from '../canvas/detail.ts';
import { GroupFace } from '../canvas/group-face.tsx';
import { looksOfNote, NoteText } from '../canvas/note-face.tsx';
import { StageFace } from '../canvas/stage-face.tsx';
import type { FlowNode, Picture } from '../canvas/to-flow.ts';
import { wireBetween } from '../canvas/wire-between.ts';
import { NOWHERE, WireLines } from '../canvas/wire-lines.tsx';
import { CHIP } from '../canvas/wire-looks.ts';
import { useEditor } from '../context.ts';
import { whenLabel } from '../model/outline.ts';
import { useObserved } from '../store/observable.ts';

export interface Size {
  width: number;
  height: number;
}

interface StillDrawingProps {
  picture: Picture;
  look: Viewport;
  window: Size;
}

/** The stages and wires where the canvas has them. */
export function StillDrawing({ picture, look, window }: StillDrawingProps) {
  const { store } = useEditor();
  const selection = useObserved(store, (state) => state.selection);
  const { nodes, edges } = picture;
  const isFar = detailOf(look.zoom, nodes) === 'shape';
  const seen = isMany(nodes) ? nodes.filter((node) => isInSight(node, look, window)) : nodes;
  return (
    <div
      className="absolute top-0 left-0 origin-top-left"
      style={{ transform: `translate(${look.x}px, ${look.y}px) scale(${look.zoom})` }}
    >
      <svg aria-hidden className={isFar ? 'far-wires' : 'still-wires'}>
        <WireLines nodes={nodes} edges={edges} dragged={NOWHERE} />
      </svg>
      {seen.map((node) => (
        <StillNode key={node.id} node={node} selected={selection.has(node.id)} onSelect={store.select} />
      ))}
      {hasLabels(look.zoom) ? <Labels picture={picture} /> : null}
    </div>
  );
}

function isInSight({ position, width = 0, height = 0 }: FlowNode, { x, y, zoom }: Viewport, window: Size) {
  const [left, top] = [position.x * zoom + x, position.y * zoom + y];
  return left < window.width && top < window.height && left + width * zoom > 0 && top + height * zoom > 0;
}

interface StillNodeProps {
  node: FlowNode;
  selected: boolean;
  onSelect(ids: string[]): void;
}

const StillNode = memo(function StillNode({ node, selected, onSelect }: StillNodeProps) {
  const { id, position, width, height, zIndex, ariaLabel } = node;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter and space are heard around all of them
    // biome-ignore lint/a11y/useSemanticElements: on the canvas, which takes its place, a stage is the same
    <div
      role="group"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: Enter selects it
      tabIndex={0}
      data-id={id}
      aria-label={ariaLabel}
      className="still-node"
      style={{ width, height, zIndex, transform: `translate(${position.x}px, ${position.y}px)` }}
      onClick={({ target }) => {
        // The button of a folded group opens it and no more.
        if (!(target as Element).closest('button')) onSelect([id]);
      }}
    >
      <Face node={node} selected={selected} />
    </div>
  );
});

function Face({ node, selected }: { node: FlowNode; selected: boolean }) {
  if (node.type === 'note')
    return (
      <div className={looksOfNote(node.data.note, selected)}>
        <NoteText {...node.data.note} />
      </div>
    );
  if (node.type === 'stage')
    return (
      <StageFace {...node.data} selected={selected}>
        <Ends />
      </StageFace>
    );
  return (
    <GroupFace {...node.data} selected={selected}>
      <Ends />
    </GroupFace>
  );
}

/** Where wires meet the box. */
function Ends() {
  if (useDetail() !== 'all') return null;
  return (
    <>
      <span aria-hidden className="still-end left-0" />
      <span aria-hidden className="still-end left-full" />
    </>
  );
}

/** What wires say of themselves, in the middle of them. */
function Labels({ picture: { nodes, edges } }: { picture: Picture }) {
  const boxes = useMemo(() => new Map(nodes.map((node) => [node.id, node])), [nodes]);
  return edges.map(({ id, source, target, data }) => {
    const [label, from, to] = [data?.wire && whenLabel(data.wire), boxes.get(source), boxes.get(target)];
    if (!label || !from || !to) return null;
    const { middle } = wireBetween(rightOf(from), leftOf(to));
    return (
      <span
        key={id}
        title={label}
        className={`absolute ${CHIP} border-control/60 text-quiet`}
        style={{ transform: `translate(-50%, -50%) translate(${middle.x}px, ${middle.y}px)` }}
      >
        {label}
      </span>
    );
  });
}

const leftOf = ({ position: { x, y }, height = 0 }: FlowNode) => ({ x, y: y + height / 2 });
const rightOf = (node: FlowNode) => ({ ...leftOf(node), x: node.position.x + (node.width ?? 0) });
