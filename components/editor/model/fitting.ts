import { compileJsonSchema, validateJson } from '../../../server/domain/graph/json-schema.ts';
import { isJsonObject, type Json, type JsonObject, setOwn } from '../../../server/domain/json.ts';
import type { Capability } from './capabilities.ts';
import { type EditorDocument, findStage } from './document.ts';
import type { Samples } from './suggestions.ts';
import { wiringOf } from './wiring.ts';

export interface Known {
  document: EditorDocument;
  capabilities: ReadonlyMap<string, Capability>;
  samples: Samples;
}

/** Where a new stage would stand. */
export interface Beside {
  after?: string | undefined;
  before?: string | undefined;
}

/**
 * The capabilities that are known to work beside the stage: what it gives is an input that they take, or they give
 * what it takes. The others may work too; nothing is known of them.
 */
export function fittingBeside({ after, before }: Beside, known: Known): ReadonlySet<string> {
  const offered = [...known.capabilities.values()];
  const fitting =
    after !== undefined
      ? followers(after, offered, known)
      : before !== undefined
        ? forerunners(before, offered, known)
        : [];
  return new Set(fitting.map(({ name }) => name));
}

function followers(key: string, offered: readonly Capability[], known: Known): readonly Capability[] {
  const given = outputOf(key, known);
  return given === undefined ? [] : offered.filter(({ inputSchema }) => isTaken(inputSchema, given));
}

function forerunners(key: string, offered: readonly Capability[], known: Known): readonly Capability[] {
  const stage = findStage(known.document, key);
  // With an input of its own, or of several, it is not given what the new one gives.
  if (!stage || stage.input !== undefined || wiringOf(known.document).incoming.has(key)) return [];
  const takes = known.capabilities.get(stage.type)?.inputSchema ?? null;
  return offered.filter(({ outputSchema }) => isTaken(takes, specimenOf(outputSchema)));
}

/** What it gave last, else something as its schema says, else as that of its capability does. */
function outputOf(key: string, { document, capabilities, samples }: Known): Json | undefined {
  const stage = findStage(document, key);
  if (!stage) return undefined;
  const schema = stage.outputSchema ?? capabilities.get(stage.type)?.outputSchema;
  return samples.get(key) ?? specimenOf(schema);
}

function isTaken(schema: JsonObject | null, value: Json | undefined): boolean {
  if (schema === null || value === undefined) return false;
  const compiled = compileJsonSchema(schema);
  return compiled.ok && validateJson(compiled.schema, value).length === 0;
}

const MAX_DEPTH = 12;
const PLAIN: Record<string, Json> = { string: '', number: 0, integer: 0, boolean: true, null: null };

/** A value with everything that the schema names; undefined where it does not say what kind of value it is. */
export function specimenOf(schema: Json | undefined, depth = 0): Json | undefined {
  if (!isJsonObject(schema) || depth > MAX_DEPTH) return undefined;
  const [told] = [schema.examples, schema.enum].flatMap((list) => (Array.isArray(list) ? list : []));
  if (told !== undefined) return told;
  if (schema.const !== undefined) return schema.const;
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'object' || isJsonObject(schema.properties)) return objectOf(schema.properties, depth);
  if (type === 'array') {
    const item = specimenOf(schema.items, depth + 1);
    return item === undefined ? [] : [item];
  }
  return typeof type === 'string' ? PLAIN[type] : undefined;
}

function objectOf(properties: Json | undefined, depth: number): JsonObject {
  const made: JsonObject = {};
  for (const [name, part] of Object.entries(isJsonObject(properties) ? properties : {})) {
    const value = specimenOf(part, depth + 1);
    if (value !== undefined) setOwn(made, name, value);
  }
  return made;
}
