import { isJsonObject, type Json, type JsonObject } from '../../../server/domain/json.ts';
import type { EditorDocument } from './document.ts';
import { accessTo } from './renaming.ts';
import { reachedFrom, wiringOf } from './wiring.ts';
import { notes } from './words.ts';

export interface Suggestion {
  /** What is written. */
  text: string;
  /** The kind of value, or where it comes from. */
  note: string;
  /** What it was in the last run. */
  sample: string | null;
}

/** Outputs of the last run by stage, as far as they are known. */
export type Samples = ReadonlyMap<string, Json>;

const MAX_FIELDS = 40;
const MAX_SAMPLE = 80;
/** Fields of fields, such as those of what a tool answers, and no further. */
const MAX_DEPTH = 2;

/** Who reads: a stage sees what is upstream of it; a wire's expression sees that of its start, and the start itself. */
export interface Reader {
  stage: string;
  seesItself: boolean;
}

/** Everything that can be read there, nearest first. */
export function suggest(document: EditorDocument, reader: Reader, samples: Samples): Suggestion[] {
  const { incoming } = wiringOf(document);
  const upstream = [...reachedFrom([reader.stage], incoming)].filter((key) => key !== reader.stage);
  const visible = reader.seesItself ? [reader.stage, ...upstream] : upstream;
  const schemas = new Map(document.stages.map((stage) => [stage.key, stage.outputSchema]));
  return [
    ...visible.flatMap((key) => ofStage(key, { schema: schemas.get(key), sample: samples.get(key) })),
    ...ofVariable('input', document.settings.inputSchema),
    ...ofVariable('params', document.settings.parametersSchema),
  ];
}

function ofStage(
  key: string,
  { schema, sample }: { schema: Json | undefined; sample: Json | undefined },
): Suggestion[] {
  const path = `stages${accessTo(key)}`;
  return [
    { text: `${path}.output`, note: notes.output, sample: sample === undefined ? null : show(sample) },
    ...fieldsOf(`${path}.output`, { schema, sample }),
    { text: `${path}.status`, note: notes.status, sample: null },
    { text: `${path}.error`, note: notes.error, sample: null },
  ];
}

function ofVariable(name: 'input' | 'params', schema: Json | undefined): Suggestion[] {
  const note = name === 'input' ? notes.input : notes.params;
  const examples = isJsonObject(schema) && Array.isArray(schema.examples) ? schema.examples : [];
  return [{ text: name, note, sample: null }, ...fieldsOf(name, { schema, sample: examples[0] })];
}

function fieldsOf(
  path: string,
  { schema, sample, depth = 1 }: { schema: Json | undefined; sample: Json | undefined; depth?: number },
): Suggestion[] {
  const properties: JsonObject =
    isJsonObject(schema) && isJsonObject(schema.properties) ? schema.properties : {};
  const values: JsonObject = isJsonObject(sample) ? sample : {};
  const names = [...new Set([...Object.keys(properties), ...Object.keys(values)])].slice(0, MAX_FIELDS);
  return names.flatMap((name) => {
    const property = properties[name];
    const type = isJsonObject(property) && typeof property.type === 'string' ? property.type : null;
    const value = values[name];
    const text = `${path}${accessTo(name)}`;
    const own = { text, note: type ?? kindOf(value), sample: value === undefined ? null : show(value) };
    return depth < MAX_DEPTH
      ? [own, ...fieldsOf(text, { schema: property, sample: value, depth: depth + 1 })]
      : [own];
  });
}

function kindOf(value: Json | undefined): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? notes.list : value === undefined ? notes.field : typeof value;
}

function show(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > MAX_SAMPLE ? `${text.slice(0, MAX_SAMPLE)}…` : text;
}
