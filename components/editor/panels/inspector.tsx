'use client';

import dynamic from 'next/dynamic';
import { useEffect } from 'react';
import { whenIdle } from '../../ui/late.tsx';
import { patiently } from '../../ui/patiently.ts';
import { useEditor } from '../context.ts';
import { findStage } from '../model/document.ts';
import { kindOf, nameOf, wireId } from '../model/items.ts';
import { useObserved } from '../store/observable.ts';
import { words } from '../words.ts';
import { DETAILS } from './details.ts';
import { PipelinePanel } from './pipeline-panel.tsx';
import { WirePanel } from './wire-panel.tsx';

// Nothing is selected when the editor opens: the page is there sooner, and this before anybody has clicked.
const loadStagePanel = patiently(() => import('./stage/stage-panel.tsx').then((module) => module.StagePanel));
const StagePanel = dynamic(loadStagePanel);
// What few look at comes when they do.
const GroupPanel = dynamic(patiently(() => import('./extras-panel.tsx').then((module) => module.GroupPanel)));
const NotePanel = dynamic(patiently(() => import('./extras-panel.tsx').then((module) => module.NotePanel)));
const ManyPanel = dynamic(patiently(() => import('./many-panel.tsx').then((module) => module.ManyPanel)));

/** Beside the canvas: what is selected, or the pipeline itself. It stays open while one thing after another is looked at. */
export function Inspector() {
  const { store } = useEditor();
  useEffect(() => whenIdle(() => void loadStagePanel().catch(() => undefined)), []);
  return (
    <aside
      id={DETAILS}
      aria-label={words.details}
      // Leaving a field ends its burst: what is typed there later is another entry of the history.
      onBlur={() => store.seal()}
      className="flex w-80 shrink-0 flex-col overflow-y-auto border-l border-line bg-card max-md:w-full max-md:basis-1/2 max-md:border-l-0 xl:w-88"
    >
      <Selected />
    </aside>
  );
}

function Selected() {
  const { store } = useEditor();
  const { document, selection } = useObserved(store, (state) => state);
  const [id] = selection;
  if (selection.size > 1) return <ManyPanel ids={selection} />;
  if (id === undefined) return <PipelinePanel />;
  const name = nameOf(id);
  switch (kindOf(id)) {
    case 'stage': {
      const stage = findStage(document, name);
      return stage ? <StagePanel stage={stage} /> : <PipelinePanel />;
    }
    case 'wire': {
      const wire = document.dependencies.find((dependency) => wireId(dependency) === id);
      return wire ? <WirePanel wire={wire} /> : <PipelinePanel />;
    }
    case 'note': {
      const note = document.notes.find((known) => known.id === name);
      return note ? <NotePanel note={note} /> : <PipelinePanel />;
    }
    case 'group': {
      const group = document.groups.find((known) => known.id === name);
      return group ? <GroupPanel group={group} /> : <PipelinePanel />;
    }
  }
}
