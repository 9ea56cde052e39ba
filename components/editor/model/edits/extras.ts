import type { Edit } from '../changes.ts';
import type { EditorDocument, GroupItem, NoteItem, Point } from '../document.ts';
import { groupId, noteId } from '../items.ts';
import { makeId } from '../names.ts';
import { edits } from '../words.ts';

const NOTE = { width: 220, height: 120, tone: 'warn' } as const;

export function addNote({ notes }: EditorDocument, { x, y }: Point, text = ''): Edit {
  const id = makeId('n', notes);
  const note: NoteItem = { id, text, x: Math.round(x), y: Math.round(y), ...NOTE };
  return {
    label: edits.addNote,
    changes: [{ list: 'notes', at: notes.length, after: note }],
    select: [noteId(id)],
  };
}

export function changeNote(
  { notes }: EditorDocument,
  id: string,
  change: Partial<Omit<NoteItem, 'id'>>,
): Edit {
  const at = notes.findIndex((note) => note.id === id);
  const before = notes[at];
  const label = edits.changeNote;
  if (!before) return { label, changes: [] };
  return {
    label,
    changes: [{ list: 'notes', at, before, after: { ...before, ...change } }],
    burst: `note ${id}`,
  };
}

/** A stage is in one group at most, so it leaves the one that it was in. */
export function groupStages({ groups, stages }: EditorDocument, keys: ReadonlySet<string>): Edit {
  const label = edits.group;
  const members = stages.flatMap(({ key }) => (keys.has(key) ? [key] : []));
  if (members.length === 0) return { label, changes: [] };
  const id = makeId('g', groups);
  const kept = groups.flatMap((group) => {
    const left = group.stages.filter((key) => !keys.has(key));
    return left.length === 0
      ? []
      : [left.length === group.stages.length ? group : { ...group, stages: left }];
  });
  const made: GroupItem = { id, title: edits.newGroup, stages: members, collapsed: false };
  const goes = groups.map((before, at) => ({ list: 'groups', at, before }) as const).reverse();
  const comes = [...kept, made].map((after, at) => ({ list: 'groups', at, after }) as const);
  return { label, changes: [...goes, ...comes], select: [groupId(id)] };
}

export function ungroup({ groups }: EditorDocument, id: string): Edit {
  const at = groups.findIndex((group) => group.id === id);
  const before = groups[at];
  return { label: edits.ungroup, changes: before ? [{ list: 'groups', at, before }] : [], select: [] };
}

export function changeGroup(
  { groups }: EditorDocument,
  id: string,
  change: Partial<Pick<GroupItem, 'title' | 'collapsed'>>,
): Edit {
  const at = groups.findIndex((group) => group.id === id);
  const before = groups[at];
  const label = change.collapsed === undefined ? edits.renameGroup : edits.foldGroup;
  if (!before) return { label, changes: [] };
  const entry = {
    label,
    changes: [{ list: 'groups', at, before, after: { ...before, ...change } } as const],
  };
  return change.title === undefined ? { ...entry, isOfLooks: true } : { ...entry, burst: `group ${id}` };
}

/** A text has been taken over; what it leaves as it was keeps its place in memory. */
export function replaceDocument(before: EditorDocument, after: EditorDocument, label: string): Edit {
  return { label, changes: [{ list: 'document', before, after }], burst: `text ${label}` };
}
