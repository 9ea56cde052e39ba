import { isJsonObject, type Json, type JsonObject } from '../../../server/domain/json.ts';
import { notes } from './words.ts';

/** Something that a stage can ask for, as the editor sees it. */
export interface Capability {
  name: string;
  description: string;
  /** Agents that offer it and work just now. */
  serving: number;
  /** JSON Schema of the `config` of stages that ask for it, where it is known. */
  configSchema: JsonObject | null;
  /** JSON Schema of inputs that such stages take, and of what they give, where it is known. */
  inputSchema: JsonObject | null;
  outputSchema: JsonObject | null;
}

/** A piece of a schema as a form draws it. */
export interface FormField {
  name: string;
  title: string;
  hint: string;
  required: boolean;
  control:
    | { kind: 'text'; long: boolean }
    | { kind: 'number'; whole: boolean; min?: number; max?: number }
    | { kind: 'boolean' }
    | { kind: 'choice'; options: readonly string[] }
    | { kind: 'texts' }
    /** A list of objects, each of one of a few kinds. */
    | { kind: 'items'; variants: readonly Variant[] }
    /** An object whose fields are known. */
    | { kind: 'object'; fields: readonly FormField[] }
    /** All that has no control of its own is written as JSON. */
    | { kind: 'json' };
  /** What it is when it is left out. */
  byDefault: Json | undefined;
}

/** One kind of item in a list: what marks it, and its other fields. */
export interface Variant {
  label: string;
  /** The fields that say which kind it is, such as `op: filter`; none where there is one kind. */
  mark: JsonObject;
  fields: readonly FormField[];
}

/** The fields of an object schema in their order; null when it is nothing that a form can be made of. */
export function formOf(schema: JsonObject | null): FormField[] | null {
  return schema === null ? null : fieldsOf(schema, { root: schema, depth: 0 });
}

interface Within {
  root: JsonObject;
  /** Forms within forms end somewhere: what lies deeper is written as JSON. */
  depth: number;
}

const MAX_DEPTH = 2;

function fieldsOf(schema: JsonObject, within: Within): FormField[] | null {
  const { root } = within;
  const object = resolve(schema, root);
  if (!isJsonObject(object.properties)) return null;
  const required = new Set(Array.isArray(object.required) ? object.required : []);
  return Object.entries(object.properties).flatMap(([name, part]) => {
    if (!isJsonObject(part)) return [];
    const field = withoutNull(resolve(part, root), root);
    return [
      {
        name,
        title: typeof field.title === 'string' ? field.title : toWords(name),
        hint: typeof field.description === 'string' ? field.description : '',
        required: required.has(name),
        control: controlOf(field, within),
        byDefault: field.default,
      },
    ];
  });
}

function resolve(part: JsonObject, root: JsonObject): JsonObject {
  if (typeof part.$ref !== 'string') return part;
  if (part.$ref === '#') return root;
  // Older schemas keep their parts elsewhere.
  const [, place = '', name = ''] = /^#\/(\$defs|definitions)\/(.+)$/.exec(part.$ref) ?? [];
  const parts = root[place];
  const target = isJsonObject(parts) ? parts[name] : undefined;
  return isJsonObject(target) ? { ...target, ...part } : part;
}

/** One that may also be null is filled in as if it could not: what is left out is as good as null. */
function withoutNull(field: JsonObject, root: JsonObject): JsonObject {
  const { anyOf, ...rest } = field;
  if (Array.isArray(anyOf)) {
    const [only, ...others] = anyOf.filter((part) => !isJsonObject(part) || part.type !== 'null');
    return isJsonObject(only) && others.length === 0 ? { ...resolve(only, root), ...rest } : field;
  }
  if (!Array.isArray(field.type)) return field;
  const [type, ...types] = field.type.filter((name) => name !== 'null');
  return type !== undefined && types.length === 0 ? { ...field, type } : field;
}

const LONG = 500;

function controlOf(field: JsonObject, within: Within): FormField['control'] {
  const options = field.enum;
  if (Array.isArray(options) && options.every((option) => typeof option === 'string')) {
    return { kind: 'choice', options };
  }
  switch (field.type) {
    case 'string':
      return { kind: 'text', long: typeof field.maxLength === 'number' && field.maxLength > LONG };
    case 'integer':
    case 'number':
      return {
        kind: 'number',
        whole: field.type === 'integer',
        ...(typeof field.minimum === 'number' ? { min: field.minimum } : {}),
        ...(typeof field.maximum === 'number' ? { max: field.maximum } : {}),
      };
    case 'boolean':
      return { kind: 'boolean' };
    case 'array':
      return listControlOf(field, within);
    case 'object':
      return objectControlOf(field, within);
    default:
      return { kind: 'json' };
  }
}

/** One that takes other fields too would lose them in a form. */
function objectControlOf(field: JsonObject, { root, depth }: Within): FormField['control'] {
  const isOpen = isJsonObject(field.additionalProperties);
  const fields = depth < MAX_DEPTH && !isOpen ? fieldsOf(field, { root, depth: depth + 1 }) : null;
  return fields === null || fields.length === 0 ? { kind: 'json' } : { kind: 'object', fields };
}

function listControlOf({ items }: JsonObject, { root, depth }: Within): FormField['control'] {
  if (!isJsonObject(items)) return { kind: 'json' };
  const item = resolve(items, root);
  if (item.type === 'string' && item.enum === undefined) return { kind: 'texts' };
  if (depth >= MAX_DEPTH) return { kind: 'json' };
  const options = (Array.isArray(item.oneOf) ? item.oneOf : [item]).filter(isJsonObject);
  const variants = options.flatMap((option) => variantOf(option, { root, depth: depth + 1 }) ?? []);
  return variants.length > 0 && variants.length === options.length
    ? { kind: 'items', variants }
    : { kind: 'json' };
}

function variantOf(option: JsonObject, within: Within): Variant | null {
  const { properties } = resolve(option, within.root);
  const fields = fieldsOf(option, within);
  if (!fields || !isJsonObject(properties)) return null;
  const marks = Object.entries(properties).flatMap(([name, part]): [string, Json][] =>
    isJsonObject(part) && part.const !== undefined ? [[name, part.const]] : [],
  );
  const mark = Object.fromEntries(marks);
  const label = marks.map(([, value]) => toWords(String(value))).join(', ');
  return { label: label || notes.item, mark, fields: fields.filter(({ name }) => !(name in mark)) };
}

/** The kind of an item; undefined where it is none of those that are known. */
export function variantIn(variants: readonly Variant[], item: JsonObject): Variant | undefined {
  return variants.find(({ mark }) => Object.entries(mark).every(([name, value]) => item[name] === value));
}

/** `previewRows` as "Preview rows". */
export function toWords(name: string): string {
  const words = name
    .replace(/[_-]+/g, ' ')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
