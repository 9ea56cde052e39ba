import { isJsonObject, type Json, type JsonObject, jsonEquals } from '../json.ts';
import { canonicalDocument } from './canonical.ts';
import type { Graph } from './schema.ts';

export interface Change {
  field: string;
  before: Json;
  after: Json;
}

/** How two graphs differ, in the words of their exports: what equals its default is not told. */
export interface GraphDiff {
  stages: {
    added: string[];
    removed: string[];
    changed: { key: string; changes: Change[] }[];
  };
  /** As `from → to`, with what they ask for when that is not success. */
  dependencies: { added: JsonObject[]; removed: JsonObject[] };
  /** Of the pipeline itself: schemas, the deadline. */
  settings: Change[];
}

export function diffGraphs(before: Graph, after: Graph): GraphDiff {
  const [one, two] = [canonicalDocument(before), canonicalDocument(after)];
  const [stagesBefore, stagesAfter] = [stagesOf(one), stagesOf(two)];
  const changed = [...stagesBefore].flatMap(([key, stage]) => {
    const changes = changesBetween(stage, stagesAfter.get(key) ?? stage);
    return changes.length > 0 ? [{ key, changes }] : [];
  });
  const [edgesBefore, edgesAfter] = [listOf(one.dependencies), listOf(two.dependencies)];
  return {
    stages: {
      added: [...stagesAfter.keys()].filter((key) => !stagesBefore.has(key)),
      removed: [...stagesBefore.keys()].filter((key) => !stagesAfter.has(key)),
      changed,
    },
    dependencies: { added: missingIn(edgesBefore, edgesAfter), removed: missingIn(edgesAfter, edgesBefore) },
    settings: changesBetween(settingsOf(one), settingsOf(two)),
  };
}

function stagesOf(document: JsonObject): Map<string, JsonObject> {
  return new Map(listOf(document.stages).map((stage) => [String(stage.key), stage]));
}

function settingsOf({ stages: _stages, dependencies: _dependencies, ...settings }: JsonObject): JsonObject {
  return settings;
}

const listOf = (value: Json | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : [];

/** By their canonical text, whose keys are sorted: thousands of dependencies are compared in one pass. */
function missingIn(list: readonly JsonObject[], others: readonly JsonObject[]): JsonObject[] {
  const known = new Set(list.map((item) => JSON.stringify(item)));
  return others.filter((item) => !known.has(JSON.stringify(item)));
}

function changesBetween(before: JsonObject, after: JsonObject): Change[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return fields.flatMap((field) => {
    const change = { field, before: before[field] ?? null, after: after[field] ?? null };
    return jsonEquals(change.before, change.after) ? [] : [change];
  });
}
