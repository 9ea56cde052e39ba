'use client';

import {
  CloudAlert,
  CloudCheck,
  CloudUpload,
  Code,
  Ellipsis,
  FlaskConical,
  History,
  ListTree,
  Maximize,
  Play,
  Plus,
  Redo2,
  Search,
  SquareDashedMousePointer,
  Undo2,
  WandSparkles,
  X,
} from 'lucide-react';
import { lookOfRun } from '../looks/index.ts';
import { pipelineHref } from '../shell/places.ts';
import { useMay } from '../shell/use-may.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Link } from '../ui/link.tsx';
import { Menu, MenuItem } from '../ui/menu.tsx';
import { StatusText } from '../ui/status.tsx';
import { Chip } from '../ui/text.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { type Editor, useEditor } from './context.ts';
import type { SaveState } from './session/autosave.ts';
import { useObserved } from './store/observable.ts';
import type { EditorLayout } from './use-layout.ts';
import { words } from './words.ts';

/** Above a canvas there is no room for a head: where one is stands in one line with all that can be done. */
function Trail({ name }: { name: string }) {
  const { pipelineId } = useEditor();
  return (
    <nav aria-label={words.breadcrumb} className="flex min-w-0 items-center gap-1.5 text-quiet">
      <Link href="/pipelines" className="rounded-sm px-1 hover:text-text hover:underline max-md:hidden">
        {words.pipelines}
      </Link>
      <span aria-hidden className="max-md:hidden">
        /
      </span>
      <h1 className="min-w-0 truncate px-1 font-semibold text-text max-md:max-w-[55vw]">
        <Link
          href={pipelineHref(pipelineId)}
          title={words.toPipeline}
          className="inline-flex items-center underline-offset-4 hover:underline pointer-coarse:min-h-10"
        >
          {name}
        </Link>
      </h1>
    </nav>
  );
}

export function Toolbar({ name, layout }: { name: string; layout: EditorLayout }) {
  return (
    <header className="flex min-h-12 shrink-0 items-center gap-1.5 border-b border-line bg-card px-2 max-md:flex-wrap max-md:py-1">
      <Trail name={name} />
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
      <Chip>{number === null ? words.notPublished : differs ? words.draftAfter(number) : `v${number}`}</Chip>
      {isReadOnly ? (
        <Chip>{words.onlyToLookAt}</Chip>
      ) : (
        <span
          role="status"
          aria-label={words.draftIs(text)}
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
  saved: [CloudCheck, words.saving.saved],
  waiting: [CloudUpload, words.saving.waiting],
  saving: [CloudUpload, words.saving.saving],
  unsaved: [CloudAlert, words.saving.unsaved],
  conflict: [CloudAlert, words.saving.conflict],
};

function Look({ layout }: { layout: EditorLayout }) {
  const { asked, isReadOnly } = useEditor();
  return (
    <div className="flex items-center gap-0.5">
      {isReadOnly ? null : (
        <Tooltip text={words.addAStage} keys="a">
          <IconButton
            label={words.addAStage}
            icon={Plus}
            onClick={() => asked.set({ kind: 'add', at: null })}
          />
        </Tooltip>
      )}
      <Tooltip text={words.findAStage} keys="mod+f">
        <IconButton label={words.findAStage} icon={Search} onClick={() => asked.set({ kind: 'search' })} />
      </Tooltip>
      {isReadOnly ? null : (
        <Tooltip text={words.outlineTheSameAsA}>
          <IconButton
            label={words.outline}
            icon={ListTree}
            pressed={layout.side === 'outline'}
            onClick={() => layout.showSide(layout.side === 'outline' ? 'add' : 'outline')}
          />
        </Tooltip>
      )}
      <Tooltip text={words.yamlBesideTheCanvas}>
        <IconButton
          label={words.yaml}
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
    <div className="flex items-center gap-0.5 border-line md:border-l md:pl-1.5">
      <Tooltip text={last ? words.undoOf(last.label) : words.nothingToUndo} keys="mod+z">
        <IconButton label={words.undo} icon={Undo2} disabled={!last} onClick={() => store.undo()} />
      </Tooltip>
      <Tooltip text={next ? words.redoOf(next.label) : words.nothingToRedo} keys="mod+shift+z">
        <IconButton label={words.redo} icon={Redo2} disabled={!next} onClick={() => store.redo()} />
      </Tooltip>
    </div>
  );
}

function RunButtons() {
  const editor = useEditor();
  const { asked, published, overlay, isReadOnly, follow } = editor;
  const { number, differs } = useObserved(published, (known) => known);
  const run = useObserved(overlay, (known) => known?.runId);
  const status = useObserved(overlay, (known) => known?.status);
  const mayRun = useMay()('run.operate');
  return (
    <div className="flex items-center gap-1.5 border-line md:border-l md:pl-2">
      {run === undefined ? null : (
        <span className="flex items-center gap-0.5">
          {status === undefined ? null : (
            <span role="status" aria-label={words.inTheRun} className="text-sm">
              <StatusText look={lookOfRun(status)} />
            </span>
          )}
          <Link
            href={`/runs/${run}`}
            className="flex h-8 items-center rounded-md px-2 text-sm text-accent hover:bg-hover hover:underline"
          >
            {words.openTheRun}
          </Link>
          <Tooltip text={words.stopShowingTheRun}>
            <IconButton label={words.stopShowingTheRun} icon={X} size="sm" onClick={() => follow(null)} />
          </Tooltip>
        </span>
      )}
      <MoreMenu editor={editor} />
      {mayRun ? (
        <Button icon={Play} onClick={() => asked.set({ kind: 'run', from: null })}>
          {words.run2}
        </Button>
      ) : null}
      {isReadOnly ? null : (
        <Button
          look="primary"
          disabled={number !== null && !differs}
          onClick={() => asked.set({ kind: 'publish', thenRun: false })}
        >
          {words.publish}
        </Button>
      )}
    </div>
  );
}

function MoreMenu({ editor: { asked, store, canvas, isReadOnly } }: { editor: Editor }) {
  return (
    <Menu align="end" trigger={<IconButton label={words.more} icon={Ellipsis} />}>
      <MenuItem
        label={words.dryRun}
        icon={FlaskConical}
        keys="d"
        onSelect={() => asked.set({ kind: 'dry-run' })}
      />
      <MenuItem label={words.versions} icon={History} onSelect={() => asked.set({ kind: 'versions' })} />
      <MenuItem
        label={words.selectEverything}
        icon={SquareDashedMousePointer}
        keys="mod+a"
        onSelect={() => store.selectAll()}
      />
      <MenuItem label={words.showAllOfIt} icon={Maximize} keys="1" onSelect={() => canvas.get()?.fit()} />
      <MenuItem
        label={words.tidyUp}
        icon={WandSparkles}
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
