import type { JsonObject } from '../../../server/domain/json.ts';
import type { Change, Edit } from './changes.ts';
import type { EditorDocument, GroupItem, NoteItem, Point, StageItem, Wire } from './document.ts';
import { placeOf } from './document.ts';
import { groupId, noteId, stageId, stagesAmong } from './items.ts';
import { makeId, makeKey } from './names.ts';
import { type Renaming, renameInStage, renameInWire } from './renaming.ts';
import { counts, edits } from './words.ts';

/** What travels between tabs and pipelines, once it has been read. */
export interface Clip {
  stages: readonly JsonObject[];
  dependencies: readonly JsonObject[];
  notes: readonly NoteItem[];
  groups: readonly GroupItem[];
}

/** The selected stages with the wires between them; null when nothing is selected that can be copied. */
function takeItems(document: EditorDocument, ids: ReadonlySet<string>): Clip | null {
  const keys = stagesAmong(document, ids);
  const notes = document.notes.filter((note) => ids.has(noteId(note.id)));
  if (keys.size + notes.length === 0) return null;
  return {
    stages: document.stages.filter((stage) => keys.has(stage.key)),
    dependencies: document.dependencies.filter(({ from, to }) => keys.has(from) && keys.has(to)),
    notes,
    groups: document.groups.filter((group) => group.stages.every((key) => keys.has(key))),
  };
}

/** As a text, which `read-clip.ts` reads. */
export function copyItems(document: EditorDocument, ids: ReadonlySet<string>): string | null {
  const clip = takeItems(document, ids);
  return clip && JSON.stringify({ signalbox: 'stages', version: 1, ...clip }, null, 2);
}

/** What is pasted does not cover what it was copied from. */
const SHIFT: Point = { x: 40, y: 40 };

/** With keys of their own, wired among each other as they were; what they read of others they still read by name. */
export function pasteClip(
  document: EditorDocument,
  clip: Clip,
  { shift: step = SHIFT, label = edits.paste }: { shift?: Point; label?: (what: string) => string } = {},
): Edit {
  const shift = freeShift(document, clip, step);
  const { renaming, changes: stages } = pasteStages(document, clip, shift);
  const wires = clip.dependencies.map((wire, offset): Change => {
    const after = renameInWire(wire as Wire, renaming);
    return { list: 'dependencies', at: document.dependencies.length + offset, after };
  });
  const notes: EditorDocument['notes'][number][] = [];
  for (const note of clip.notes) {
    const id = makeId('n', [...document.notes, ...notes]);
    notes.push({ ...note, id, x: note.x + shift.x, y: note.y + shift.y });
  }
  const groups: EditorDocument['groups'][number][] = [];
  for (const group of clip.groups) {
    const id = makeId('g', [...document.groups, ...groups]);
    groups.push({ ...group, id, stages: group.stages.map((key) => renaming.get(key) ?? key) });
  }
  const changes: Change[] = [
    ...stages,
    ...wires,
    ...notes.map((after, i): Change => ({ list: 'notes', at: document.notes.length + i, after })),
    ...groups.map((after, i): Change => ({ list: 'groups', at: document.groups.length + i, after })),
  ];
  const select = [
    ...[...renaming.values()].map(stageId),
    ...notes.map(({ id }) => noteId(id)),
    ...groups.map(({ id }) => groupId(id)),
  ];
  const what = clip.stages.length > 0 ? counts.stages(clip.stages.length) : counts.notes(notes.length);
  return { label: label(what), changes, select };
}

/** As many steps away as it takes to lie on nothing: what is pasted twice is there twice, and can be seen to be. */
function freeShift(document: EditorDocument, clip: Clip, step: Point): Point {
  const taken = new Set(placesIn(document).map(written));
  const wanted = placesIn({ stages: clip.stages as readonly StageItem[], notes: clip.notes });
  let shift = step;
  const isTaken = ({ x, y }: Point) => taken.has(written({ x: x + shift.x, y: y + shift.y }));
  // Each step may meet another of what is there, and none of it twice.
  for (let left = taken.size; left > 0 && wanted.some(isTaken); left--)
    shift = { x: shift.x + step.x, y: shift.y + step.y };
  return shift;
}

const placesIn = ({ stages, notes }: Pick<EditorDocument, 'stages' | 'notes'>): Point[] => [
  ...stages.flatMap((stage) => placeOf(stage) ?? []),
  ...notes,
];
const written = ({ x, y }: Point): string => `${Math.round(x)} ${Math.round(y)}`;

function pasteStages(
  document: EditorDocument,
  clip: Clip,
  shift: Point,
): { renaming: Renaming; changes: Change[] } {
  const taken = new Set(document.stages.map(({ key }) => key));
  const renaming = new Map<string, string>();
  for (const { key } of clip.stages as readonly StageItem[]) {
    const fresh = makeKey(key, taken);
    taken.add(fresh);
    renaming.set(key, fresh);
  }
  const changes = clip.stages.map((part, offset): Change => {
    const stage = part as StageItem;
    const place = placeOf(stage);
    const after: StageItem = {
      ...renameInStage(stage, renaming),
      key: renaming.get(stage.key) ?? stage.key,
      ...(place ? { ui: { x: Math.round(place.x + shift.x), y: Math.round(place.y + shift.y) } } : {}),
    };
    return { list: 'stages', at: document.stages.length + offset, after };
  });
  return { renaming, changes };
}

export function duplicate(document: EditorDocument, ids: ReadonlySet<string>): Edit | null {
  const clip = takeItems(document, ids);
  return clip && pasteClip(document, clip, { label: edits.duplicate });
}
