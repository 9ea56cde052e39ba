import type { Edit } from '../model/changes.ts';
import type { copyItems, duplicate } from '../model/clipboard.ts';
import type { EditorDocument, Point } from '../model/document.ts';
import type { connect, removeItems } from '../model/edits/stages.ts';
import { type History, NO_HISTORY, perform, redo, seal, undo } from '../model/history.ts';
import { noteId, stageId, wireId } from '../model/items.ts';
import type { paste } from '../model/read-clip.ts';
import { counts } from '../model/words.ts';
import { words } from '../words.ts';
import { type Observable, observable } from './observable.ts';

export interface EditorState {
  document: EditorDocument;
  history: History;
  selection: ReadonlySet<string>;
  /** What was last done, for those who do not see it; what was refused is shown to everybody. */
  said: { text: string; isLoud: boolean };
}

/** One open editor: the document and all that can be done to it. Nothing here knows how it is drawn or kept. */
export interface EditorStore extends Observable<EditorState> {
  perform(edit: Edit | { refused: string } | null): boolean;
  undo(): void;
  redo(): void;
  /** The next edit is an entry of its own. */
  seal(): void;
  select(ids: Iterable<string>): void;
  /** Into the selection, or out of it; what else is in it stays. */
  toggle(id: string): void;
  selectAll(): void;
  remove(): void;
  connect(from: string, to: string): boolean;
  copy(): string | null;
  paste(text: string, shift?: Point): boolean;
  duplicate(): boolean;
  /** Somebody else's document takes the place of this one; there is no way back by undo. */
  reset(document: EditorDocument): void;
  /** To everybody, as when something cannot be done. */
  say(text: string): void;
}

const NOTHING: ReadonlySet<string> = new Set();
const SILENCE = { text: '', isLoud: false };
const quietly = (text: string) => ({ text, isLoud: false });

/** What changes a document by hand. It comes from outside: whoever only looks has no need of it, nor of the schemas by which it reads. */
export interface Tools {
  connect: typeof connect;
  copyItems: typeof copyItems;
  duplicate: typeof duplicate;
  paste: typeof paste;
  removeItems: typeof removeItems;
}

/** Of one that is looked at, only how it is looked at changes. */
export function createEditorStore(
  document: EditorDocument,
  tools: Tools,
  { isReadOnly = false }: { isReadOnly?: boolean } = {},
): EditorStore {
  const state = observable<EditorState>({ document, history: NO_HISTORY, selection: NOTHING, said: SILENCE });

  const step = (move: typeof undo, word: string) => {
    const before = state.get();
    const entry = word === words.undone ? before.history.past.at(-1) : before.history.future.at(-1);
    if (!entry) return;
    const after = move(before);
    state.set({
      ...before,
      ...after,
      selection: keepKnown(before.selection, after.document),
      said: quietly(words.saidOf(word, entry.label)),
    });
  };

  const store: EditorStore = {
    ...state,
    perform(edit) {
      if (edit === null) return false;
      if ('refused' in edit) {
        store.say(edit.refused);
        return false;
      }
      if (isReadOnly && !edit.isOfLooks) {
        store.say(words.onlyLookedAt);
        return false;
      }
      const before = state.get();
      const after = perform(before, edit);
      const wanted = edit.select ? new Set(edit.select) : before.selection;
      const selection = after.document === before.document ? wanted : keepKnown(wanted, after.document);
      state.set({ ...before, ...after, selection, said: quietly(edit.label) });
      return true;
    },
    undo: () => step(undo, words.undone),
    redo: () => step(redo, words.redone),
    seal() {
      const before = state.get();
      const history = seal(before.history);
      if (history !== before.history) state.set({ ...before, history });
    },
    select(ids) {
      const before = state.get();
      const selection = new Set(ids);
      if (isSame(selection, before.selection)) return;
      state.set({ ...before, selection, history: seal(before.history) });
    },
    toggle(id) {
      const selection = new Set(state.get().selection);
      if (!selection.delete(id)) selection.add(id);
      store.select(selection);
      state.set({ ...state.get(), said: quietly(words.selected(counts.things(selection.size))) });
    },
    selectAll() {
      const { stages, notes } = state.get().document;
      store.select([...stages.map(({ key }) => stageId(key)), ...notes.map(({ id }) => noteId(id))]);
    },
    remove() {
      const { document: current, selection } = state.get();
      if (selection.size > 0) store.perform(tools.removeItems(current, selection));
    },
    connect: (from, to) => store.perform(tools.connect(state.get().document, from, to)),
    copy() {
      const { document: current, selection } = state.get();
      return tools.copyItems(current, selection);
    },
    paste: (text, shift) => store.perform(tools.paste(state.get().document, text, shift)),
    duplicate() {
      const { document: current, selection } = state.get();
      return store.perform(tools.duplicate(current, selection));
    },
    reset(next) {
      state.set({ document: next, history: NO_HISTORY, selection: NOTHING, said: SILENCE });
    },
    say: (text) => state.set({ ...state.get(), said: { text, isLoud: true } }),
  };
  return store;
}

/** What is gone cannot be selected. */
function keepKnown(selection: ReadonlySet<string>, document: EditorDocument): ReadonlySet<string> {
  if (selection.size === 0) return selection;
  const known = new Set<string>([
    ...document.stages.map(({ key }) => stageId(key)),
    ...document.dependencies.map(wireId),
    ...document.notes.map(({ id }) => noteId(id)),
    ...document.groups.map(({ id }) => `group:${id}`),
  ]);
  const kept = [...selection].filter((id) => known.has(id));
  return kept.length === selection.size ? selection : new Set(kept);
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((id) => other.has(id));
}
