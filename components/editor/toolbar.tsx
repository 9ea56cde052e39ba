'use client';

import {
  ArrowLeft,
  CloudAlert,
  CloudCheck,
  CloudUpload,
  Code,
  Ellipsis,
  FlaskConical,
  History,
  ListTree,
  Play,
  Plus,
  Redo2,
  Search,
  Undo2,
  X,
} from 'lucide-react';
import Link from 'next/link';
import { Button, IconButton } from '../ui/button.tsx';
import { Menu, MenuItem } from '../ui/menu.tsx';
import { Chip } from '../ui/text.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { type Editor, useEditor } from './context.ts';
import type { SaveState } from './session/autosave.ts';
import { useObserved } from './store/observable.ts';
import type { EditorLayout } from './use-layout.ts';

export function Toolbar({ name, layout }: { name: string; layout: EditorLayout }) {
  return (
    <header className="flex h-12 shrink-0 items-center gap-1.5 border-b border-line bg-card px-2">
      <Tooltip text="All pipelines">
        <Link
          href="/pipelines"
          aria-label="All pipelines"
          className="flex size-8 shrink-0 items-center justify-center rounded-md text-quiet hover:bg-hover hover:text-text"
        >
          <ArrowLeft aria-hidden size={16} />
        </Link>
      </Tooltip>
      <h1 className="min-w-0 truncate px-1 font-semibold">{name}</h1>
      <DraftState />
      <div className="grow" />
      <Look layout={layout} />
      <HistoryButtons />
      <RunButtons />
    </header>
  );
}

/** Whether the draft is kept, and whether it differs from what runs. */
function DraftState() {
  const { autosave, published, isReadOnly } = useEditor();
  const state = useObserved(autosave, (phase) => phase);
  const { number, differs } = useObserved(published, (known) => known);
  const [Icon, text] = SAVING[state.phase];
  return (
    <>
      <Chip>{number === null ? 'not published' : differs ? `draft after v${number}` : `v${number}`}</Chip>
      {isReadOnly ? (
        <Chip>only to look at</Chip>
      ) : (
        <span
          role="status"
          aria-label={`The draft: ${text}`}
          title={'message' in state ? state.message : text}
          className={`flex items-center gap-1 text-xs ${state.phase === 'unsaved' || state.phase === 'conflict' ? 'text-warn' : 'text-quiet'}`}
        >
          <Icon aria-hidden size={15} />
          <span className="max-xl:sr-only">{text}</span>
        </span>
      )}
    </>
  );
}

const SAVING: Record<SaveState['phase'], readonly [typeof CloudCheck, string]> = {
  saved: [CloudCheck, 'Saved'],
  waiting: [CloudUpload, 'Saving…'],
  saving: [CloudUpload, 'Saving…'],
  unsaved: [CloudAlert, 'Not saved; trying again'],
  conflict: [CloudAlert, 'Not saved'],
};

function Look({ layout }: { layout: EditorLayout }) {
  const { asked, isReadOnly } = useEditor();
  return (
    <div className="flex items-center gap-0.5">
      {isReadOnly ? null : (
        <Tooltip text="Add a stage" keys="a">
          <IconButton label="Add a stage" icon={Plus} onClick={() => asked.set({ kind: 'add', at: null })} />
        </Tooltip>
      )}
      <Tooltip text="Find a stage" keys="mod+f">
        <IconButton label="Find a stage" icon={Search} onClick={() => asked.set({ kind: 'search' })} />
      </Tooltip>
      <Tooltip text="Outline: the same as a list">
        <IconButton
          label="Outline"
          icon={ListTree}
          pressed={layout.side === 'outline'}
          onClick={() => layout.showSide(layout.side === 'outline' ? 'add' : 'outline')}
        />
      </Tooltip>
      <Tooltip text="YAML beside the canvas">
        <IconButton
          label="YAML"
          icon={Code}
          pressed={layout.isText}
          onClick={() => layout.showText(!layout.isText)}
        />
      </Tooltip>
    </div>
  );
}

function HistoryButtons() {
  const { store, isReadOnly } = useEditor();
  const { past, future } = useObserved(store, (state) => state.history);
  if (isReadOnly) return null;
  const [last, next] = [past.at(-1), future.at(-1)];
  return (
    <div className="flex items-center gap-0.5 border-l border-line pl-1.5">
      <Tooltip text={last ? `Undo: ${last.label}` : 'Nothing to undo'} keys="mod+z">
        <IconButton label="Undo" icon={Undo2} disabled={!last} onClick={() => store.undo()} />
      </Tooltip>
      <Tooltip text={next ? `Redo: ${next.label}` : 'Nothing to redo'} keys="mod+shift+z">
        <IconButton label="Redo" icon={Redo2} disabled={!next} onClick={() => store.redo()} />
      </Tooltip>
    </div>
  );
}

function RunButtons() {
  const editor = useEditor();
  const { asked, published, overlay, isReadOnly, follow } = editor;
  const { number, differs } = useObserved(published, (known) => known);
  const run = useObserved(overlay, (known) => known?.runId);
  return (
    <div className="flex items-center gap-1.5 border-l border-line pl-2">
      {run === undefined ? null : (
        <span className="flex items-center gap-0.5">
          <Link
            href={`/runs/${run}`}
            className="flex h-8 items-center rounded-md px-2 text-sm text-accent hover:bg-hover hover:underline"
          >
            Open the run
          </Link>
          <Tooltip text="Stop showing the run">
            <IconButton label="Stop showing the run" icon={X} size="sm" onClick={() => follow(null)} />
          </Tooltip>
        </span>
      )}
      <MoreMenu editor={editor} />
      <Button icon={Play} onClick={() => asked.set({ kind: 'run', from: null })}>
        Run
      </Button>
      {isReadOnly ? null : (
        <Button
          look="primary"
          disabled={number !== null && !differs}
          onClick={() => asked.set({ kind: 'publish', thenRun: false })}
        >
          Publish
        </Button>
      )}
    </div>
  );
}

function MoreMenu({ editor: { asked, store, canvas, isReadOnly } }: { editor: Editor }) {
  return (
    <Menu align="end" trigger={<IconButton label="More" icon={Ellipsis} />}>
      <MenuItem
        label="Dry run"
        icon={FlaskConical}
        keys="d"
        onSelect={() => asked.set({ kind: 'dry-run' })}
      />
      <MenuItem label="Versions" icon={History} onSelect={() => asked.set({ kind: 'versions' })} />
      <MenuItem label="Select everything" keys="mod+a" onSelect={() => store.selectAll()} />
      <MenuItem label="Show all of it" keys="1" onSelect={() => canvas.get()?.fit()} />
      <MenuItem
        label="Tidy up"
        keys="l"
        disabled={isReadOnly}
        onSelect={() =>
          void canvas
            .get()
            ?.layOut()
            .catch((error: Error) => store.say(error.message))
        }
      />
    </Menu>
  );
}
