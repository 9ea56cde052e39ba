import type { JsonObject } from '../../../server/domain/json.ts';
import { type EditorDocument, writeDocument } from '../model/document.ts';
import { replaceDocument } from '../model/edits/extras.ts';
import { readDocument } from '../model/read-document.ts';
import { edits } from '../model/words.ts';
import type { EditorStore } from '../store/editor-store.ts';
import type { Autosave } from './autosave.ts';

/** A document, and the revision of the draft that it was made from. */
export interface Unsaved {
  revision: number;
  document: EditorDocument;
}

type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const keyOf = (pipelineId: string) => `signalbox.unsaved.${pipelineId}`;

/** What could not be saved before the page went away, for when it is opened again. */
export function keepUnsaved(pipelineId: string, unsaved: Unsaved, storage?: Kept): void {
  const { revision, document } = unsaved;
  try {
    const text = JSON.stringify({ revision, document: writeDocument(document) });
    (storage ?? localStorage).setItem(keyOf(pipelineId), text);
  } catch {
    // A full or forbidden storage: the page has asked before it went.
  }
}

/** Taken once. */
export function takeUnsaved(pipelineId: string, storage?: Kept): Unsaved | null {
  try {
    const from = storage ?? localStorage;
    const kept = JSON.parse(from.getItem(keyOf(pipelineId)) ?? 'null') as {
      revision: number;
      document: JsonObject;
    } | null;
    from.removeItem(keyOf(pipelineId));
    if (kept === null) return null;
    const read = readDocument(kept.document);
    return read.ok ? { revision: kept.revision, document: read.document } : null;
  } catch {
    return null;
  }
}

/**
 * It goes on where it was left, and is saved on the revision that it was made from: if somebody has saved since, that is
 * a conflict, and whoever opens the page decides.
 */
export function goOnWith(
  unsaved: Unsaved,
  { store, autosave }: { store: EditorStore; autosave: Autosave },
): void {
  const { document } = store.get();
  // It had got there after all, or somebody has made the same of it.
  if (JSON.stringify(writeDocument(document)) === JSON.stringify(writeDocument(unsaved.document))) return;
  autosave.adopt(unsaved.revision);
  store.perform(replaceDocument(document, unsaved.document, edits.takeUnsaved));
  void autosave.flush();
}
