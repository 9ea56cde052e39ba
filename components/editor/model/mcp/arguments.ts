import { isJsonObject, type Json, type JsonObject, setOwn } from '../../../../server/domain/json.ts';
import type { EditorDocument, StageItem } from '../document.ts';
import { accessTo } from '../renaming.ts';
import { wiringOf } from '../wiring.ts';

/**
 * What a tool is given, as people set it up: each argument a value, or an expression. The agent reads it from two places:
 * `config.arguments`, where `{"$input": "a"}` stands for a value of the stage's input, and `input`, whose fields are
 * expressions. Without `arguments`, the input is what the tool is given.
 */
export type Given =
  | { kind: 'unset' }
  | { kind: 'value'; value: Json }
  | { kind: 'expression'; source: string }
  /** It refers to something of the input that is not there. */
  | { kind: 'lost'; reference: string };

/** The two fields of a stage that say it. */
export interface ToolInput {
  config: JsonObject;
  input: Json | undefined;
}

export type ArgumentPath = readonly string[];

const REFERENCE = '$input';

/** Whether the tool is given the input as it comes, which nobody can fill in field by field. */
export function isPassedWhole(stage: StageItem): boolean {
  return argumentsOf(stage) === undefined && !isJsonObject(stage.input);
}

export function givenAt(document: EditorDocument, stage: StageItem, path: ArgumentPath): Given {
  const found = valueAt(allArguments(stage), path);
  if (found === undefined) return { kind: 'unset' };
  const reference = referenceOf(found);
  if (reference === null) return { kind: 'value', value: found };
  const source = sourceOf(document, stage, reference);
  return source === null ? { kind: 'lost', reference } : { kind: 'expression', source };
}

/** The field of the input whose expression an argument has; null where it has none of its own. */
export function inputFieldOf(stage: StageItem, path: ArgumentPath): string | null {
  const found = valueAt(allArguments(stage), path);
  const reference = found === undefined ? null : referenceOf(found);
  return reference !== null && isJsonObject(stage.input) && Object.hasOwn(stage.input, reference)
    ? reference
    : null;
}

/** The names that are given something at the top. */
export const givenNames = (stage: StageItem): string[] => Object.keys(allArguments(stage));

/** Where expressions stand, so that nobody judges their places as values. */
export const isReference = (value: Json): boolean => referenceOf(value) !== null;

/** All that is said outright; null where the input is passed whole. */
export function writtenArguments(stage: StageItem): JsonObject | null {
  return isPassedWhole(stage) ? null : allArguments(stage);
}

export function withGiven(
  document: EditorDocument,
  stage: StageItem,
  { path, next }: { path: ArgumentPath; next: Given },
): ToolInput {
  const plain = toFields(document, stage, next.kind === 'expression');
  const before = inputFieldOf({ ...stage, config: plain.config, input: plain.input ?? {} }, path);
  const args = plain.config.arguments as JsonObject;
  if (next.kind === 'lost') return { config: configOf(stage), input: stage.input };
  if (next.kind !== 'expression') {
    const changed = setAt(args, path, next.kind === 'value' ? next.value : undefined);
    return tidy(stage, { args: changed, input: without(plain.input, before, changed) });
  }
  const fields = isJsonObject(plain.input) ? plain.input : {};
  const isShared = before !== null && countReferences(args, before) > 1;
  const field = before !== null && !isShared ? before : freeField(path, fields);
  const changed = setAt(args, path, { [REFERENCE]: field });
  return tidy(stage, { args: changed, input: { ...fields, [field]: next.source } });
}

/** From now on each argument is said on its own, or none is. */
export function passWhole(stage: StageItem, isWhole: boolean): ToolInput {
  const { arguments: _, ...rest } = configOf(stage);
  if (isWhole) return { config: rest, input: isJsonObject(stage.input) ? undefined : stage.input };
  return { config: { ...rest, arguments: {} }, input: stage.input };
}

const configOf = ({ config }: StageItem): JsonObject => (isJsonObject(config) ? config : {});

function argumentsOf(stage: StageItem): JsonObject | undefined {
  const { arguments: given } = configOf(stage);
  return isJsonObject(given) ? given : undefined;
}

function allArguments(stage: StageItem): JsonObject {
  return argumentsOf(stage) ?? referencesTo(stage.input);
}

const referencesTo = (input: Json | undefined): JsonObject =>
  Object.fromEntries(
    Object.keys(isJsonObject(input) ? input : {}).map((name) => [name, { [REFERENCE]: name }]),
  );

export function holdsReference(value: Json): boolean {
  if (Array.isArray(value)) return value.some(holdsReference);
  return isJsonObject(value) && (isReference(value) || Object.values(value).some(holdsReference));
}

function referenceOf(value: Json): string | null {
  if (!isJsonObject(value)) return null;
  const path = value[REFERENCE];
  return Object.keys(value).length === 1 && typeof path === 'string' ? path : null;
}

function valueAt(value: Json, path: ArgumentPath): Json | undefined {
  let found: Json | undefined = value;
  for (const name of path) {
    found = isJsonObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  }
  return found;
}

/** The expression that reads what a reference reads; null where there is no such thing. */
function sourceOf(document: EditorDocument, { key, input }: StageItem, reference: string): string | null {
  if (isJsonObject(input) && typeof input[reference] === 'string') return input[reference] as string;
  const parts = reference === '' ? [] : reference.split('.');
  if (typeof input === 'string') return read(input, parts);
  const [first, ...rest] = parts;
  if (isJsonObject(input)) {
    const field = first === undefined ? undefined : input[first];
    return typeof field === 'string' ? read(field, rest) : null;
  }
  const before = wiringOf(document).incoming.get(key) ?? [];
  if (before.length === 0) return read('input', parts);
  if (before.length === 1) return read(outputOf(before[0] ?? ''), parts);
  if (first === undefined) return null;
  return before.includes(first) ? read(outputOf(first), rest) : null;
}

const outputOf = (key: string): string => `stages${accessTo(key)}.output`;
const PLAIN_READ = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\["[^"\\]*"\])*$/;

function read(source: string, parts: readonly string[]): string {
  if (parts.length === 0) return source;
  const base = PLAIN_READ.test(source) ? source : `(${source})`;
  return `${base}${parts.map(accessTo).join('')}`;
}

/**
 * The same with `arguments` written out. What gets an expression needs an input with fields, so references to any other
 * input become fields with expressions that read the same.
 */
function toFields(document: EditorDocument, stage: StageItem, needsFields: boolean): ToolInput {
  const given = argumentsOf(stage);
  const { input } = stage;
  if (given === undefined && isJsonObject(input)) {
    const fields: JsonObject = {};
    const args: JsonObject = {};
    for (const [name, source] of Object.entries(input)) {
      // A point would be read as a step into the field.
      const field = name.includes('.') ? freeField([name], { ...input, ...fields }) : name;
      fields[field] = source;
      setOwn(args, name, { [REFERENCE]: field });
    }
    return { config: { ...configOf(stage), arguments: args }, input: fields };
  }
  const config = { ...configOf(stage), arguments: given ?? {} };
  if (isJsonObject(input) || !needsFields) return { config, input };
  const fields: JsonObject = {};
  const args = mapReferences(given ?? {}, [], (reference, path) => {
    const source = sourceOf(document, stage, reference);
    if (source === null) return reference;
    const field = freeField(path, fields);
    fields[field] = source;
    return field;
  });
  return { config: { ...config, arguments: args }, input: fields };
}

function mapReferences(
  value: Json,
  path: ArgumentPath,
  change: (reference: string, path: ArgumentPath) => string,
): Json {
  if (Array.isArray(value)) {
    return value.map((item, at) => mapReferences(item, [...path, String(at)], change));
  }
  if (!isJsonObject(value)) return value;
  const reference = referenceOf(value);
  if (reference !== null) return { [REFERENCE]: change(reference, path) };
  const mapped: JsonObject = {};
  for (const [name, part] of Object.entries(value)) {
    setOwn(mapped, name, mapReferences(part, [...path, name], change));
  }
  return mapped;
}

function countReferences(args: JsonObject, field: string): number {
  let count = 0;
  mapReferences(args, [], (reference) => {
    if (reference === field || reference.startsWith(`${field}.`)) count += 1;
    return reference;
  });
  return count;
}

function setAt(object: JsonObject, [name, ...rest]: ArgumentPath, value: Json | undefined): JsonObject {
  if (name === undefined) return object;
  const { [name]: before, ...others } = object;
  const isEmpty = (part: JsonObject) => Object.keys(part).length === 0;
  if (rest.length > 0) {
    const inner = setAt(isJsonObject(before) && !isReference(before) ? before : {}, rest, value);
    return value === undefined && isEmpty(inner) ? others : { ...object, [name]: inner };
  }
  return value === undefined ? others : { ...object, [name]: value };
}

/** An expression that nothing refers to any more goes with its argument. */
function without(input: Json | undefined, field: string | null, args: JsonObject): Json | undefined {
  if (field === null || !isJsonObject(input) || countReferences(args, field) > 0) return input;
  const { [field]: _, ...rest } = input;
  return rest;
}

const MAX_FIELD = 100;

function freeField(path: ArgumentPath, taken: JsonObject): string {
  const wish = path.join('_').replaceAll('.', '_').slice(0, MAX_FIELD);
  const name = wish === '' || wish === '__proto__' ? 'value' : wish;
  let free = name;
  for (let count = 2; Object.hasOwn(taken, free); count += 1) free = `${name}_${count}`;
  return free;
}

/** Where all arguments are expressions of their own names and nothing was written out before, nothing needs to be now. */
function tidy(stage: StageItem, { args, input }: { args: JsonObject; input: Json | undefined }): ToolInput {
  const { arguments: before, ...rest } = configOf(stage);
  const isImplied = before === undefined && isJsonObject(input) && isJsonObject(stage.input);
  if (isImplied && JSON.stringify(args) === JSON.stringify(referencesTo(input))) {
    return { config: rest, input };
  }
  const isBare = isJsonObject(input) && Object.keys(input).length === 0;
  return { config: { ...rest, arguments: args }, input: isBare ? undefined : input };
}
