'use client';

import dynamic from 'next/dynamic';
import { useEffect, useEffectEvent, useState } from 'react';
import { Segments } from '../ui/choice.tsx';
import { patiently } from '../ui/patiently.ts';
import { useToast } from '../ui/toast.tsx';
import { useMedia, WIDE } from '../ui/use-media.ts';
import { Canvas } from './canvas/canvas.tsx';
import { EditorProvider, useEditor } from './context.ts';
import { Dialogs } from './dialogs/dialogs.tsx';
import { useJudge } from './judge/use-judge.ts';
import type { EditorDocument } from './model/document.ts';
import { replaceDocument } from './model/edits/extras.ts';
import { wantedSources } from './model/mcp/known-mcp.ts';
import { edits } from './model/words.ts';
import { Inspector } from './panels/inspector.tsx';
import { Palette } from './panels/palette.tsx';
import { ProblemsBar } from './panels/problems-bar.tsx';
import { YamlGhost } from './panels/yaml-frame.tsx';
import { openEditor, type Pipeline } from './session/open-editor.ts';
import { useKeeping } from './session/use-keeping.ts';
import { useWorld } from './session/use-world.ts';
import { useObserved } from './store/observable.ts';
import { Toolbar } from './toolbar.tsx';
import { useEditorKeys } from './use-editor-keys.ts';
import { type EditorLayout, useFollowed, useLayout, useSelectionInAddress } from './use-layout.ts';
import { words } from './words.ts';

// What reads and writes YAML comes when it is needed.
const YamlPane = dynamic(
  patiently(() => import('./panels/yaml-pane.tsx').then((module) => module.YamlPane)),
  {
    loading: YamlGhost,
  },
);
const Outline = dynamic(patiently(() => import('./panels/outline.tsx').then((module) => module.Outline)));
const McpWatch = dynamic(patiently(() => import('./session/use-mcp.ts').then((module) => module.McpWatch)));
const Conflict = dynamic(
  patiently(() => import('./session/conflict-dialog.tsx').then((module) => module.ConflictDialog)),
);

export interface WorkbenchProps {
  pipeline: Pipeline;
  document: EditorDocument;
  /** What somebody has made of a draft that could not be drawn: the first edit. */
  mended: EditorDocument | undefined;
  isReadOnly: boolean;
}

/** One open editor: the stores, what keeps them in step with the world, and all that shows them. */
export function Workbench({ pipeline, document, mended, isReadOnly }: WorkbenchProps) {
  const [followed, follow] = useFollowed();
  const [editor] = useState(() => openEditor(pipeline, { document, isReadOnly, follow }));
  const callsTools = useObserved(editor.store, ({ document }) => wantedSources(document) !== null);
  const isConflict = useObserved(editor.autosave, ({ phase }) => phase === 'conflict');
  useKeeping(editor);
  useJudge(editor);
  useWorld(editor, followed);
  useSelectionInAddress(editor);
  useEffect(() => {
    if (!mended) return;
    if (editor.isReadOnly) editor.store.reset(mended);
    else editor.store.perform(replaceDocument(editor.store.get().document, mended, edits.mend));
  }, [editor, mended]);
  return (
    <EditorProvider value={editor}>
      <Frame name={pipeline.name} />
      {callsTools ? <McpWatch /> : null}
      {isConflict ? <Conflict name={pipeline.name} /> : null}
      <Dialogs />
    </EditorProvider>
  );
}

function Frame({ name }: { name: string }) {
  const layout = useLayout();
  useEditorKeys();
  return (
    <div
      data-fills-window=""
      className="flex h-[calc(100dvh-3rem)] min-h-0 flex-col overflow-hidden md:h-dvh"
    >
      <Toolbar name={name} layout={layout} />
      <div className="flex min-h-0 grow max-md:flex-col">
        <Side layout={layout} />
        <div className="hidden min-h-0 min-w-0 grow flex-col lg:flex">
          <Canvas />
          <ProblemsBar />
        </div>
        {layout.isText ? <YamlPane /> : null}
        <Inspector />
      </div>
      <Said />
    </div>
  );
}

const SIDES = [
  { value: 'add', label: words.add },
  { value: 'outline', label: words.outline },
] as const;

/** On a narrow screen there is no room for a canvas: the outline says all of it. Who only looks has nothing to add. */
function Side({ layout }: { layout: EditorLayout }) {
  const { isReadOnly } = useEditor();
  const mayAdd = useMedia(WIDE) && !isReadOnly;
  return (
    <aside
      aria-label={words.addAndOutline}
      // Beside the text there is no room for both on most screens; the canvas has keys and a button to add stages.
      className={`flex min-w-0 shrink-0 flex-col border-r border-line bg-card max-lg:grow max-md:min-h-0 max-md:basis-1/2 max-md:border-r-0 max-md:border-b lg:w-56 ${layout.isText ? 'lg:max-2xl:hidden' : ''}`}
    >
      {mayAdd ? (
        <div className="flex h-11 shrink-0 items-center px-3">
          <Segments
            label={words.besideTheCanvas}
            value={layout.side}
            choices={SIDES}
            onChange={layout.showSide}
          />
        </div>
      ) : null}
      <div className="flex min-h-0 grow flex-col">
        {mayAdd && layout.side === 'add' ? <Palette /> : <Outline />}
      </div>
    </aside>
  );
}

/** What was done is said to those who hear the page, what was refused to everybody. */
function Said() {
  const { store } = useEditor();
  const said = useObserved(store, (state) => state.said);
  const toast = useToast();
  const tell = useEffectEvent((title: string) => toast({ title, isFailure: true }));
  useEffect(() => {
    if (said.isLoud) tell(said.text);
  }, [said]);
  return (
    <p role="status" aria-label={words.lastStep} className="sr-only">
      {said.isLoud ? '' : said.text}
    </p>
  );
}
