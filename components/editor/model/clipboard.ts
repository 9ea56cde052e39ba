import { z } from 'zod';
import { groupSchema, noteSchema, stageKeySchema } from '../../../server/domain/graph/schema.ts';
import { jsonObjectSchema } from '../../../server/domain/json-shape.ts';
import type { Change, Edit } from './changes.ts';
import type { EditorDocument, Point, StageItem, Wire } from './document.ts';
import { placeOf } from './document.ts';
import { groupId, noteId, stageId, stagesAmong } from './items.ts';
import { makeId, makeKey } from './names.ts';
import { type Renaming, renameInStage, renameInWire } from './renaming.ts';
import { reachedFrom, wiringOf } from './wiring.ts';
import { counts, edits, refusals } from './words.ts';

/** What travels between tabs and pipelines. Config holds references to secrets, never secrets, so it goes as it is. */
const clipSchema = z.strictObject({
  signalbox: z.literal('stages'),
  version: z.literal(1),
  stages: z
    .array(z.intersection(jsonObjectSchema, z.looseObject({ key: stageKeySchema, type: z.string() })))
    .max(2_000),
  dependencies: z
    .array(z.intersection(jsonObjectSchema, z.looseObject({ from: z.string(), to: z.string() })))
    .max(20_000),
  notes: z.array(noteSchema).max(500),
  groups: z.array(groupSchema).max(500),
});
type Clip = z.output<typeof clipSchema>;

/** The selected stages with the wires between them; null when nothing is selected that can be copied. */
export function copyItems(document: EditorDocument, ids: ReadonlySet<string>): string | null {
  const keys = stagesAmong(document, ids);
  const notes = document.notes.filter((note) => ids.has(noteId(note.id)));
  if (keys.size + notes.length === 0) return null;
  const clip = {
    signalbox: 'stages',
    version: 1,
    stages: document.stages.filter((stage) => keys.has(stage.key)),
    dependencies: document.dependencies.filter(({ from, to }) => keys.has(from) && keys.has(to)),
    notes,
    groups: document.groups.filter((group) => group.stages.every((key) => keys.has(key))),
  };
  return JSON.stringify(clip, null, 2);
}

/** What is pasted does not cover what it was copied from. */
const SHIFT: Point = { x: 40, y: 40 };

export type Pasted = Edit | { refused: string };

/** With keys of their own, wired among each other as they were; what they read of others they still read by name. */
export function paste(document: EditorDocument, text: string, shift: Point = SHIFT): Pasted {
  return insert(document, text, { shift, label: edits.paste });
}

function insert(
  document: EditorDocument,
  text: string,
  { shift, label }: { shift: Point; label: (what: string) => string },
): Pasted {
  const clip = readClip(text);
  if ('refused' in clip) return clip;
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

function readClip(text: string): Clip | { refused: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { refused: refusals.notOurs };
  }
  const parsed = clipSchema.safeParse(value);
  if (!parsed.success) return { refused: refusals.notOurs };
  return refuseWrongWires(parsed.data) ?? parsed.data;
}

/** A text that somebody has written by hand may hold what the canvas would never have let them draw. */
function refuseWrongWires({ stages, dependencies }: Clip): { refused: string } | null {
  const keys = new Set(stages.map(({ key }) => key));
  if (keys.size < stages.length) return { refused: refusals.clipTwice };
  if (dependencies.some(({ from, to }) => !keys.has(from) || !keys.has(to))) {
    return { refused: refusals.clipLoose };
  }
  const { outgoing } = wiringOf({ dependencies: dependencies as Wire[] });
  const circle = stages.find(({ key }) => reachedFrom([key], outgoing).has(key));
  if (!circle) return null;
  return { refused: refusals.clipCircle(circle.key) };
}

function pasteStages(
  document: EditorDocument,
  clip: Clip,
  shift: Point,
): { renaming: Renaming; changes: Change[] } {
  const taken = new Set(document.stages.map(({ key }) => key));
  const renaming = new Map<string, string>();
  for (const { key } of clip.stages) {
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
  const text = copyItems(document, ids);
  if (text === null) return null;
  const pasted = insert(document, text, { shift: SHIFT, label: edits.duplicate });
  return 'refused' in pasted ? null : pasted;
}
