'use client';

import { CircleAlert, Group, Link2, type LucideIcon, StickyNote, TriangleAlert } from 'lucide-react';
import type { MouseEvent } from 'react';
import { lookOfTask } from '../../looks/index.ts';
import { IconButton } from '../../ui/button.tsx';
import { StatusIcon } from '../../ui/status.tsx';
import { useEditor } from '../context.ts';
import type { EditorDocument } from '../model/document.ts';
import { groupId, type ItemId, noteId, stageId, wireId } from '../model/items.ts';
import { type OutlineRow, outlineOf, whenLabel } from '../model/outline.ts';
import { counts } from '../model/words.ts';
import { useObserved } from '../store/observable.ts';
import { words } from '../words.ts';
import { panelWords } from './words.ts';

/** The same pipeline as a list: everything that the canvas can do can be done from here. */
export function Outline() {
  const { store, asked } = useEditor();
  const document = useObserved(store, (state) => state.document);
  const rows = outlineOf(document);
  const extras = <Extras document={document} />;
  if (rows.length === 0)
    return (
      <>
        <p className="p-4 text-sm text-quiet">
          {words.noStages}{' '}
          <button
            type="button"
            className="text-accent underline"
            onClick={() => asked.set({ kind: 'add', at: null })}
          >
            {words.addTheFirstOne}
          </button>
          .
        </p>
        {extras}
      </>
    );
  return (
    <div data-keys="page" className="min-h-0 grow overflow-y-auto">
      <ol aria-label={words.stagesInTheOrderIn} className="p-2">
        {rows.map((row) => (
          <Row key={row.stage.key} row={row} />
        ))}
      </ol>
      {extras}
    </div>
  );
}

/** What lies on the canvas besides stages and wires. */
function Extras({ document: { groups, notes } }: { document: EditorDocument }) {
  if (groups.length + notes.length === 0) return null;
  return (
    <section className="border-t border-line p-2">
      <h3 id="outlined-extras" className="px-2 pb-1 pt-1 text-xs font-medium text-quiet">
        {panelWords.extras}
      </h3>
      <ul aria-labelledby="outlined-extras">
        {groups.map(({ id, title, stages }) => (
          <ExtraRow key={id} id={groupId(id)} icon={Group}>
            {panelWords.groupOf(title, counts.stages(stages.length))}
          </ExtraRow>
        ))}
        {notes.map(({ id, text }) => (
          <ExtraRow key={id} id={noteId(id)} icon={StickyNote}>
            {panelWords.noteOf(text)}
          </ExtraRow>
        ))}
      </ul>
    </section>
  );
}

/** Chosen by itself and shown on the canvas, or with others. */
function useChosen(id: ItemId) {
  const { store, canvas } = useEditor();
  const isSelected = useObserved(store, (state) => state.selection.has(id));
  const choose = ({ shiftKey, ctrlKey, metaKey }: MouseEvent) => {
    if (shiftKey || ctrlKey || metaKey) {
      store.toggle(id);
      return;
    }
    store.select([id]);
    canvas.get()?.show(id);
  };
  return { isSelected, choose };
}

function ExtraRow({ id, icon: Icon, children }: { id: ItemId; icon: LucideIcon; children: string }) {
  const { isSelected, choose } = useChosen(id);
  return (
    <li className={`rounded-md ${isSelected ? 'bg-accent-soft' : ''}`}>
      <button
        type="button"
        data-outlined={id}
        aria-current={isSelected ? 'true' : undefined}
        onClick={choose}
        className="flex min-h-9 w-full min-w-0 items-center gap-2 rounded-md px-2 text-left text-sm hover:bg-hover"
      >
        <Icon aria-hidden size={14} className="shrink-0 text-quiet" />
        <span className="min-w-0 grow truncate">{children}</span>
      </button>
    </li>
  );
}

function Row({ row: { stage, title, outgoing } }: { row: OutlineRow }) {
  const { asked, severities, overlay, isReadOnly } = useEditor();
  const id = stageId(stage.key);
  const { isSelected, choose } = useChosen(id);
  const problem = useObserved(severities, (known) => known.get(id) ?? null);
  const status = useObserved(overlay, (run) => run?.stages.get(stage.key)?.status);
  const Problem = problem === 'error' ? CircleAlert : TriangleAlert;
  return (
    <li className={`rounded-md ${isSelected ? 'bg-accent-soft' : ''}`}>
      <div className="flex items-center gap-1 pr-1">
        <button
          type="button"
          data-outlined={id}
          aria-current={isSelected ? 'true' : undefined}
          onClick={choose}
          className="flex min-h-9 min-w-0 grow items-center gap-2 rounded-md px-2 text-left text-sm hover:bg-hover"
        >
          <span className="min-w-0 grow truncate">{title}</span>
          {problem === null ? null : (
            <Problem
              aria-label={problem === 'error' ? words.hasAnError : words.hasAWarning}
              size={14}
              className={problem === 'error' ? 'text-bad' : 'text-warn'}
            />
          )}
          {status === undefined ? null : (
            <>
              <StatusIcon look={lookOfTask(status)} size={14} />
              <span className="sr-only">{lookOfTask(status).label}</span>
            </>
          )}
        </button>
        {isReadOnly ? null : (
          <IconButton
            label={words.connectFrom(title)}
            icon={Link2}
            size="sm"
            onClick={() => asked.set({ kind: 'connect', from: stage.key })}
          />
        )}
      </div>
      <Onward title={title} wires={outgoing} />
    </li>
  );
}

/** Where it leads: each connection can be opened from here. */
function Onward({ title, wires }: { title: string; wires: OutlineRow['outgoing'] }) {
  const { store } = useEditor();
  if (wires.length === 0) return null;
  return (
    <ul aria-label={words.connectionsOf(title)} className="flex flex-wrap gap-1 px-2 pb-1.5">
      {wires.map(({ wire, title: next }) => (
        <li key={wireId(wire)}>
          <button
            type="button"
            onClick={() => store.select([wireId(wire)])}
            className="flex h-6 pointer-coarse:h-9 max-w-48 items-center rounded-sm border border-line bg-card px-1.5 text-2xs text-quiet hover:border-control"
          >
            <span className="truncate">
              → {next}
              {whenLabel(wire) === null ? '' : ` (${whenLabel(wire)})`}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
