import type { Json, JsonObject } from '../../../../server/domain/json.ts';
import type { Change, Edit } from '../changes.ts';
import type { EditorDocument, GroupItem, NoteItem, Point, StageItem } from '../document.ts';
import { groupId, kindOf, nameOf, noteId, stageId, stagesAmong, wireId } from '../items.ts';
import { makeKey } from '../names.ts';
import { renameInStage, renameInWire } from '../renaming.ts';
import { whyNotConnect } from '../wiring.ts';
import { counts, edits, refusals } from '../words.ts';

const round = ({ x, y }: Point): JsonObject => ({ x: Math.round(x), y: Math.round(y) });

export interface NewStage {
  type: string;
  /** What it is called at first. */
  title?: string;
  at: Point;
  /** The stage whose wire was dropped here, and on which side of it. */
  after?: string;
  before?: string;
}

export function addStage(document: EditorDocument, { type, title, at, after, before }: NewStage): Edit {
  const key = makeKey(title ?? type, new Set(document.stages.map((stage) => stage.key)));
  const stage: StageItem = { key, type, ...(title === undefined ? {} : { name: title }), ui: round(at) };
  const changes: Change[] = [{ list: 'stages', at: document.stages.length, after: stage }];
  const ends = [
    ...(after === undefined ? [] : [{ from: after, to: key }]),
    ...(before === undefined ? [] : [{ from: key, to: before }]),
  ];
  for (const [offset, wire] of ends.entries()) {
    changes.push({ list: 'dependencies', at: document.dependencies.length + offset, after: wire });
  }
  return { label: edits.add(key), changes, select: [stageId(key)] };
}

/** Puts a new stage into the middle of a wire. */
export function spliceStage(document: EditorDocument, wire: string, stage: NewStage): Edit | null {
  const at = document.dependencies.findIndex((dependency) => wireId(dependency) === wire);
  const old = document.dependencies[at];
  if (!old) return null;
  const added = addStage(document, stage);
  const key = nameOf(added.select?.[0] ?? '');
  return {
    label: edits.insert(key),
    changes: [
      ...added.changes,
      { list: 'dependencies', at, before: old, after: { ...old, to: key } },
      { list: 'dependencies', at: document.dependencies.length, after: { from: key, to: old.to } },
    ],
    select: [stageId(key)],
  };
}

/** Takes a field away when `value` is undefined. Typing in one field is one burst. */
export function setField(
  document: EditorDocument,
  key: string,
  { field, value }: { field: string; value: Json | undefined },
): Edit {
  const label = edits.changeField(field, key);
  const at = document.stages.findIndex((stage) => stage.key === key);
  const before = document.stages[at];
  if (!before || before[field] === value) return { label, changes: [] };
  const { [field]: _, ...rest } = before;
  const after = (value === undefined ? rest : { ...before, [field]: value }) as StageItem;
  return { label, changes: [{ list: 'stages', at, before, after }], burst: `${key} ${field}` };
}

/** Several fields at once, such as an argument and the expression that it has. What is typed in one place is one burst. */
export function setFields(
  document: EditorDocument,
  key: string,
  { fields, burst }: { fields: Readonly<Record<string, Json | undefined>>; burst: string },
): Edit {
  const label = edits.changeField(burst, key);
  const at = document.stages.findIndex((stage) => stage.key === key);
  const before = document.stages[at];
  if (!before) return { label, changes: [] };
  const changed = Object.entries({ ...before, ...fields }).filter(([, value]) => value !== undefined);
  const after = Object.fromEntries(changed) as StageItem;
  return { label, changes: [{ list: 'stages', at, before, after }], burst: `${key} ${burst}` };
}

const KEY = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/;

export function whyNotRename(document: EditorDocument, key: string, wish: string): string | null {
  if (key === wish) return null;
  if (!KEY.test(wish)) return refusals.oddKey;
  return document.stages.some((stage) => stage.key === wish) ? refusals.taken(wish) : null;
}

/** With all that names it: wires, groups, and the expressions that read it. */
export function renameStage(document: EditorDocument, key: string, wish: string): Edit {
  const label = edits.rename(key, wish);
  if (wish === key) return { label, changes: [] };
  const renaming = new Map([[key, wish]]);
  const changes: Change[] = [];
  for (const [at, before] of document.stages.entries()) {
    const read = renameInStage(before, renaming);
    const after = before.key === key ? { ...read, key: wish } : read;
    if (after !== before) changes.push({ list: 'stages', at, before, after });
  }
  for (const [at, before] of document.dependencies.entries()) {
    const after = renameInWire(before, renaming);
    if (after !== before) changes.push({ list: 'dependencies', at, before, after });
  }
  for (const [at, before] of document.groups.entries()) {
    if (!before.stages.includes(key)) continue;
    const stages = before.stages.map((stage) => (stage === key ? wish : stage));
    changes.push({ list: 'groups', at, before, after: { ...before, stages } });
  }
  return { label, changes, select: [stageId(wish)] };
}

/** What is selected goes, and what hangs on it: wires of stages, their places in groups. */
export function removeItems(document: EditorDocument, ids: ReadonlySet<string>): Edit {
  const keys = stagesAmong(document, ids);
  const changes: Change[] = [
    ...removals(
      'dependencies',
      document.dependencies,
      (wire) => ids.has(wireId(wire)) || keys.has(wire.from) || keys.has(wire.to),
    ),
    ...removals('notes', document.notes, (note) => ids.has(noteId(note.id))),
    ...leaveGroups(document, { keys, ids }),
    ...removals('stages', document.stages, (stage) => keys.has(stage.key)),
  ];
  const [only] = ids;
  const what =
    keys.size > 0
      ? counts.stages(keys.size)
      : ids.size === 1 && only !== undefined
        ? edits.kinds[kindOf(only)]
        : counts.items(ids.size);
  return { label: edits.remove(what), changes, select: [] };
}

/** From the last to the first, so that each place still holds when its turn comes. */
function removals<Name extends 'stages' | 'dependencies' | 'notes' | 'groups'>(
  list: Name,
  items: EditorDocument[Name],
  goes: (item: EditorDocument[Name][number]) => boolean,
): Change[] {
  return items
    .flatMap((before, at) => (goes(before) ? [{ list, at, before } as unknown as Change] : []))
    .reverse();
}

function leaveGroups(
  { groups }: EditorDocument,
  { keys, ids }: { keys: ReadonlySet<string>; ids: ReadonlySet<string> },
): Change[] {
  const changes: Change[] = [];
  for (const [at, before] of [...groups.entries()].reverse()) {
    const stages = before.stages.filter((key) => !keys.has(key));
    if (ids.has(groupId(before.id)) || stages.length === 0) changes.push({ list: 'groups', at, before });
    else if (stages.length < before.stages.length)
      changes.push({ list: 'groups', at, before, after: { ...before, stages } });
  }
  return changes;
}

export function connect(document: EditorDocument, from: string, to: string): Edit | { refused: string } {
  const refused = whyNotConnect(document, from, to);
  if (refused !== null) return { refused };
  return {
    label: edits.connect(from, to),
    changes: [{ list: 'dependencies', at: document.dependencies.length, after: { from, to } }],
  };
}

/** `success` is what a wire means without a word, so it is not written down. */
export function setWhen(document: EditorDocument, id: string, when: Json): Edit {
  const at = document.dependencies.findIndex((wire) => wireId(wire) === id);
  const before = document.dependencies[at];
  const label = edits.changeWhen;
  if (!before) return { label, changes: [] };
  const { when: _, ...plain } = before;
  const after = when === 'success' ? (plain as typeof before) : { ...before, when };
  return { label, changes: [{ list: 'dependencies', at, before, after }], burst: `when ${id}` };
}

export function setSetting({ settings }: EditorDocument, field: string, value: Json | undefined): Edit {
  const { [field]: _, ...rest } = settings;
  const after = value === undefined ? rest : { ...settings, [field]: value };
  return {
    label: edits.changeSetting(field),
    changes: [{ list: 'settings', before: settings, after }],
    burst: `setting ${field}`,
  };
}

/** Where things end up, by item. Stages, notes; a group moves as its stages. */
export function moveItems(
  document: EditorDocument,
  places: ReadonlyMap<string, Point>,
  { label, burst }: { label?: string; burst?: string } = {},
): Edit {
  const changes: Change[] = [];
  for (const [at, before] of document.stages.entries()) {
    const place = places.get(stageId(before.key));
    if (place && !isAt(before.ui, place)) {
      changes.push({ list: 'stages', at, before, after: { ...before, ui: round(place) } });
    }
  }
  for (const [at, before] of document.notes.entries()) {
    const place = places.get(noteId(before.id));
    if (place && !isAt(before, place)) {
      changes.push({
        list: 'notes',
        at,
        before,
        after: { ...before, x: Math.round(place.x), y: Math.round(place.y) },
      });
    }
  }
  const entry = { label: label ?? edits.move(counts.items(changes.length)), changes };
  return burst === undefined ? entry : { ...entry, burst };
}

function isAt(value: Json | NoteItem | GroupItem | undefined, { x, y }: Point): boolean {
  const place = value as { x?: unknown; y?: unknown } | undefined | null;
  return place?.x === Math.round(x) && place.y === Math.round(y);
}
