import type { EditorDocument } from './document.ts';

/** Whatever can be selected, by one kind of name: `stage:clean`, `wire:read→clean`, `note:n1`, `group:g1`. */
export type ItemId = `${ItemKind}:${string}`;
export type ItemKind = 'stage' | 'wire' | 'note' | 'group';

export const stageId = (key: string): ItemId => `stage:${key}`;
export const wireId = ({ from, to }: { from: string; to: string }): ItemId => `wire:${from}→${to}`;
export const noteId = (id: string): ItemId => `note:${id}`;
export const groupId = (id: string): ItemId => `group:${id}`;

export function kindOf(id: string): ItemKind {
  return id.slice(0, id.indexOf(':')) as ItemKind;
}

/** Without its kind. */
export function nameOf(id: string): string {
  return id.slice(id.indexOf(':') + 1);
}

/** What stands on the canvas for a stage: itself, or the folded group that it is in. */
export function boxOf({ groups }: Pick<EditorDocument, 'groups'>, key: string): ItemId {
  const folded = groups.find((group) => group.collapsed && group.stages.includes(key));
  return folded ? groupId(folded.id) : stageId(key);
}

/** The keys of stages among them, those of selected groups included. */
export function stagesAmong(document: EditorDocument, ids: ReadonlySet<string>): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const { key } of document.stages) if (ids.has(stageId(key))) keys.add(key);
  for (const group of document.groups) {
    if (ids.has(groupId(group.id))) for (const key of group.stages) keys.add(key);
  }
  return keys;
}
