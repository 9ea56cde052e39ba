import type { JsonObject } from '../../../server/domain/json.ts';
import { type EditorDocument, writeDocument } from '../model/document.ts';
import { readDocument } from '../model/read-document.ts';

const keyOf = (pipelineId: string) => `signalbox.unsaved.${pipelineId}`;

/** What could not be saved before the page went away, for when it is opened again. */
export function keepUnsaved(
  pipelineId: string,
  unsaved: { revision: number; document: EditorDocument },
): void {
  const { revision, document } = unsaved;
  try {
    localStorage.setItem(keyOf(pipelineId), JSON.stringify({ revision, document: writeDocument(document) }));
  } catch {
    // A full or forbidden storage: the page has asked before it went.
  }
}

/** Taken once; only if nobody has saved since, for then it belongs to another draft. */
export function takeUnsaved(pipelineId: string, revision: number): EditorDocument | null {
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(pipelineId)) ?? 'null') as {
      revision: number;
      document: JsonObject;
    } | null;
    localStorage.removeItem(keyOf(pipelineId));
    if (kept?.revision !== revision) return null;
    const read = readDocument(kept.document);
    return read.ok ? read.document : null;
  } catch {
    return null;
  }
}
