import { nextOrBefore } from '../../ui/keep-focus.ts';
import type { EditorDocument } from './document.ts';
import { type ItemId, kindOf, noteId, stageId, stagesAmong, wireId } from './items.ts';

/** What comes after the last of those that go, of its kind; else what comes before. */
export function besideRemoved(document: EditorDocument, gone: ReadonlySet<string>): ItemId | undefined {
  const keys = stagesAmong(document, gone);
  const kind = keys.size > 0 ? 'stage' : kindOf([...gone][0] ?? '');
  const goes = new Set<string>([...gone, ...[...keys].map(stageId)]);
  const listOf: Partial<Record<string, ItemId[]>> = {
    stage: document.stages.map(({ key }) => stageId(key)),
    wire: document.dependencies.map(wireId),
    note: document.notes.map(({ id }) => noteId(id)),
  };
  const list = listOf[kind] ?? [];
  const last = list.findLast((id) => goes.has(id));
  return last && nextOrBefore(list, last, (id) => !goes.has(id));
}
