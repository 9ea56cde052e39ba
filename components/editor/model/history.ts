import { applyChanges, type Edit, invert, join } from './changes.ts';
import type { EditorDocument } from './document.ts';

/** What was done and what was taken back, newest last. */
export interface History {
  readonly past: readonly Edit[];
  readonly future: readonly Edit[];
  /** The burst that the next edit may still belong to. */
  readonly open: string | null;
}

export const NO_HISTORY: History = { past: [], future: [], open: null };
const MAX_PAST = 200;

export interface Step {
  document: EditorDocument;
  history: History;
}

/** An edit that changes nothing leaves no trace. */
export function perform({ document, history }: Step, edit: Edit): Step {
  if (edit.changes.length === 0) return { document, history };
  const after = applyChanges(document, edit.changes);
  const last = history.past.at(-1);
  const goesOn = edit.burst !== undefined && edit.burst === history.open && last?.burst === edit.burst;
  const entry = goesOn ? { ...edit, changes: join(last.changes, edit.changes) } : edit;
  const past = [...(goesOn ? history.past.slice(0, -1) : history.past), entry].slice(-MAX_PAST);
  return { document: after, history: { past, future: [], open: edit.burst ?? null } };
}

/** Ends a burst: the same field typed into later is another entry. */
export function seal(history: History): History {
  return history.open === null ? history : { ...history, open: null };
}

export function undo({ document, history }: Step): Step {
  const last = history.past.at(-1);
  if (!last) return { document, history };
  return {
    document: applyChanges(document, invert(last.changes)),
    history: { past: history.past.slice(0, -1), future: [...history.future, last], open: null },
  };
}

export function redo({ document, history }: Step): Step {
  const next = history.future.at(-1);
  if (!next) return { document, history };
  return {
    document: applyChanges(document, next.changes),
    history: { past: [...history.past, next], future: history.future.slice(0, -1), open: null },
  };
}
