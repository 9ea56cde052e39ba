import type { z } from 'zod';
import type { graphUiSchema, groupSchema, noteSchema } from '../../../server/domain/graph/schema.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../server/domain/json.ts';
import { refusals } from './words.ts';

/**
 * What is edited: the draft as it is written, which may be wrong. Stages and wires keep every field they came with,
 * so what the canvas does not know survives it.
 */
export interface EditorDocument {
  readonly stages: readonly StageItem[];
  readonly dependencies: readonly Wire[];
  readonly notes: readonly NoteItem[];
  readonly groups: readonly GroupItem[];
  /** All else that the document says: its format, schemas, the deadline. */
  readonly settings: JsonObject;
}

export type StageItem = JsonObject & { key: string; type: string };
export type Wire = JsonObject & { from: string; to: string };
export type NoteItem = z.output<typeof noteSchema>;
export type GroupItem = z.output<typeof groupSchema>;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export const EMPTY_DOCUMENT: EditorDocument = {
  stages: [],
  dependencies: [],
  notes: [],
  groups: [],
  settings: {},
};

export type ReadDocument = { ok: true; document: EditorDocument } | { ok: false; reason: string };

export type DocumentUi = z.output<typeof graphUiSchema>;

/**
 * Takes anything of which a picture can be drawn; what else is wrong with it is for `problems.ts` to say. `readUi` gives
 * the notes and groups, or null where they cannot be read.
 */
export function readDocumentBy(readUi: (ui: unknown) => DocumentUi | null, value: unknown): ReadDocument {
  if (!isJsonObject(value)) return refuse(refusals.noObject);
  const { stages = [], dependencies = [], ui = {}, ...settings } = value;
  if (!Array.isArray(stages) || !stages.every(isStage)) {
    return refuse(refusals.oddStage);
  }
  if (!Array.isArray(dependencies) || !dependencies.every(isWire)) {
    return refuse(refusals.oddWire);
  }
  const twice = findTwice(stages.map(({ key }) => key));
  if (twice !== undefined) return refuse(refusals.twice(twice));
  const kept = readUi(ui);
  if (!kept) return refuse(refusals.oddUi);
  return {
    ok: true,
    document: {
      stages: stages.map((stage) => (typeof stage.type === 'string' ? stage : { ...stage, type: '' })),
      dependencies,
      notes: kept.notes,
      groups: kept.groups,
      settings,
    },
  };
}

const refuse = (reason: string): ReadDocument => ({ ok: false, reason });

const isStage = (value: Json): value is StageItem => isJsonObject(value) && typeof value.key === 'string';

const isWire = (value: Json): value is Wire =>
  isJsonObject(value) && typeof value.from === 'string' && typeof value.to === 'string';

function findTwice(keys: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return keys.find((key) => seen.size === seen.add(key).size);
}

/** The inverse of `readDocumentBy`. */
export function writeDocument(document: EditorDocument): JsonObject {
  const { stages, dependencies, notes, groups, settings } = document;
  const ui: JsonObject = {};
  if (notes.length > 0) ui.notes = notes.map((note) => ({ ...note }));
  if (groups.length > 0) ui.groups = groups.map((group) => ({ ...group }));
  return {
    ...settings,
    stages: [...stages],
    ...(dependencies.length > 0 ? { dependencies: [...dependencies] } : {}),
    ...(Object.keys(ui).length > 0 ? { ui } : {}),
  };
}

export function placeOf(stage: StageItem): Point | null {
  const { ui } = stage;
  if (!isJsonObject(ui) || typeof ui.x !== 'number' || typeof ui.y !== 'number') return null;
  return { x: ui.x, y: ui.y };
}

/** What a stage is called on screen. */
export function titleOf(stage: StageItem): string {
  return typeof stage.name === 'string' && stage.name !== '' ? stage.name : stage.key;
}

/** Whether it says that something of it is sensitive: all of its input or output, or some fields. */
export function isMarked({ sensitive }: StageItem): boolean {
  if (!isJsonObject(sensitive)) return false;
  return [sensitive.input, sensitive.output].some(
    (mark) => mark === true || (Array.isArray(mark) && mark.length > 0),
  );
}

export function findStage(document: EditorDocument, key: string): StageItem | undefined {
  return document.stages.find((stage) => stage.key === key);
}
