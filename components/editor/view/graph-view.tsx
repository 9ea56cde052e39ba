'use client';

import { useEffect, useEffectEvent, useState } from 'react';
import type { Answer } from '../../data/index.ts';
import { Notice } from '../../ui/feedback.tsx';
import { overlayOf } from '../canvas/run-overlay.ts';
import { EditorProvider, type StageMark } from '../context.ts';
import type { EditorDocument } from '../model/document.ts';
import { boxOf, kindOf, nameOf, stageId } from '../model/items.ts';
import { readPublished } from '../model/read-published.ts';
import { openView } from '../session/open-view.ts';
import { useObserved } from '../store/observable.ts';
import { words } from '../words.ts';
import { LateCanvas } from './late-canvas.tsx';

export interface GraphViewProps {
  label: string;
  graph: unknown;
  /** The run that is drawn over it. */
  run?: Pick<Answer<'runs.get'>, 'id' | 'status' | 'stages'>;
  /** Stages that want a look: they are marked. */
  warned?: ReadonlySet<string>;
  /** What is said at stages. */
  marks?: ReadonlyMap<string, StageMark>;
  /** The stage to begin with when it is opened. */
  begin?: string | undefined;
  selected: string | null;
  onSelect(stageKey: string | null): void;
}

/** A published graph to look at. It is laid out once: whatever happens in the run only colours it. */
export function GraphView({ graph, ...props }: GraphViewProps) {
  const [read] = useState(() => readPublished(graph));
  if (!read.ok) return <Notice message={words.unreadable(read.reason)} />;
  return <Drawn document={read.document} {...props} />;
}

interface DrawnProps extends Omit<GraphViewProps, 'graph'> {
  document: EditorDocument;
}

function Drawn({ document, label, run, warned, marks, begin, selected, onSelect }: DrawnProps) {
  const [editor] = useState(() => openView(document));
  const { store, overlay, severities, canvas } = editor;
  useEffect(() => overlay.set(run ? overlayOf(run, overlay.get()) : null), [run, overlay]);
  useEffect(
    () => severities.set(new Map([...(warned ?? [])].map((key) => [stageId(key), 'warning' as const]))),
    [warned, severities],
  );
  useEffect(() => editor.marks.set(marks ?? null), [marks, editor]);
  const tell = useEffectEvent((next: string | null) => {
    if (next !== selected) onSelect(next);
  });
  useEffect(
    () =>
      store.subscribe(() => {
        const [only, ...others] = store.get().selection;
        if (only === undefined) tell(null);
        else if (others.length === 0 && kindOf(only) === 'stage') tell(nameOf(only));
      }),
    [store],
  );
  const handle = useObserved(canvas, (current) => current);
  useEffect(() => store.select(selected === null ? [] : [stageId(selected)]), [selected, store]);
  useEffect(() => {
    if (selected !== null) handle?.reveal(boxOf(store.get().document, selected));
  }, [selected, store, handle]);
  const [first] = useState(selected ?? begin);
  return (
    <EditorProvider value={editor}>
      <LateCanvas
        label={label}
        begin={first === undefined ? undefined : boxOf(document, first)}
        isWanted={selected !== null && selected !== first}
      />
    </EditorProvider>
  );
}
