import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { type BoundedPattern, compilePattern } from './regex.ts';

/**
 * The part of JSON Schema (2020-12) that outputs and inputs are held to. A keyword outside of it is refused and not
 * passed over: a schema that is accepted is kept to in full. Written here as the libraries pass over what they do not
 * know, run `pattern` on the backtracking engine, or generate code, which our content security policy forbids.
 */
export const JSON_TYPES = ['null', 'boolean', 'object', 'array', 'number', 'integer', 'string'] as const;
export type JsonType = (typeof JSON_TYPES)[number];

export interface SchemaNode {
  /** The schema `false`: nothing fits. */
  never: boolean;
  types: readonly JsonType[] | null;
  properties: ReadonlyMap<string, SchemaNode>;
  required: readonly string[];
  /** What keys beyond `properties` hold; null when they may not exist. */
  additional: SchemaNode | 'anything' | null;
  items: SchemaNode | null;
  options: readonly Json[] | null;
  bounds: Readonly<Partial<Record<BoundKeyword, number>>>;
  pattern: BoundedPattern | null;
  anyOf: readonly SchemaNode[] | null;
  oneOf: readonly SchemaNode[] | null;
  allOf: readonly SchemaNode[] | null;
  /** Key in `definitions`; empty for the whole schema. */
  ref: string | null;
}

export const BOUND_KEYWORDS = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
] as const;
export type BoundKeyword = (typeof BOUND_KEYWORDS)[number];

export interface CompiledSchema {
  readonly root: SchemaNode;
  readonly definitions: ReadonlyMap<string, SchemaNode>;
}

export interface SchemaProblem {
  path: (string | number)[];
  message: string;
}

/** `patterns` are those it uses, also when it is refused for another reason. */
export type SchemaResult = { patterns: readonly string[] } & (
  | { ok: true; schema: CompiledSchema }
  | { ok: false; problems: SchemaProblem[] }
);

const MAX_DEPTH = 64;
const MAX_NODES = 10_000;
const MAX_PROBLEMS = 50;
const MAX_PATTERNS = 100;
const ANNOTATIONS = ['$schema', '$comment', '$defs', 'title', 'description', 'default', 'examples'];

interface Reading {
  problems: SchemaProblem[];
  definitions: Map<string, SchemaNode>;
  refs: { key: string; path: (string | number)[] }[];
  patterns: string[];
  nodes: number;
}

type Path = readonly (string | number)[];

export function compileJsonSchema(source: Json): SchemaResult {
  const reading: Reading = { problems: [], definitions: new Map(), refs: [], patterns: [], nodes: 0 };
  const root = readNode(source, [], reading);
  reading.definitions.set('', root);
  for (const { key, path } of reading.refs) {
    if (!reading.definitions.has(key)) refuse(reading, path, `there is no #/$defs/${key}`);
  }
  const { problems, definitions, patterns } = reading;
  if (problems.length > 0) return { ok: false, problems, patterns };
  return { ok: true, schema: { root, definitions }, patterns };
}

function refuse(reading: Reading, path: Path, message: string): void {
  if (reading.problems.length < MAX_PROBLEMS) reading.problems.push({ path: [...path], message });
}

function emptyNode(never = false): SchemaNode {
  return {
    never,
    types: null,
    properties: new Map(),
    required: [],
    additional: 'anything',
    items: null,
    options: null,
    bounds: {},
    pattern: null,
    anyOf: null,
    oneOf: null,
    allOf: null,
    ref: null,
  };
}

function readNode(source: Json | undefined, path: Path, reading: Reading): SchemaNode {
  if (source === true || source === false) return emptyNode(!source);
  const node = emptyNode();
  if (!isJsonObject(source)) {
    refuse(reading, path, 'a schema must be an object, true or false');
  } else if (path.length > MAX_DEPTH * 2 || ++reading.nodes > MAX_NODES) {
    refuse(reading, path, `the schema is too large (${MAX_NODES} parts, ${MAX_DEPTH} levels at most)`);
  } else {
    if (path.length === 0) readDefinitions(source, reading);
    for (const keyword of Object.keys(source)) {
      readKeyword(node, keyword, { value: source[keyword] ?? null, path: [...path, keyword], reading });
    }
  }
  return node;
}

function readDefinitions(source: JsonObject, reading: Reading): void {
  if (!Object.hasOwn(source, '$defs')) return;
  const defs = source.$defs;
  if (!isJsonObject(defs)) {
    refuse(reading, ['$defs'], 'must be an object of schemas');
    return;
  }
  for (const [key, value] of Object.entries(defs)) {
    reading.definitions.set(key, readNode(value, ['$defs', key], reading));
  }
}

interface Keyword {
  value: Json;
  path: Path;
  reading: Reading;
}

function readKeyword(node: SchemaNode, keyword: string, at: Keyword): void {
  const bound = BOUND_KEYWORDS.find((name) => name === keyword);
  if (bound) {
    readBound(node, bound, at);
    return;
  }
  switch (keyword) {
    case 'type':
      node.types = readTypes(at);
      return;
    case 'properties':
      node.properties = readProperties(at);
      return;
    case 'required':
      node.required = readRequired(at);
      return;
    case 'additionalProperties':
      node.additional = readAdditional(at);
      return;
    case 'items':
      node.items = readNode(at.value, at.path, at.reading);
      return;
    case 'enum':
      if (Array.isArray(at.value) && at.value.length > 0) node.options = at.value;
      else refuse(at.reading, at.path, 'must be a list of at least one value');
      return;
    case 'const':
      node.options = [at.value];
      return;
    case 'pattern':
      node.pattern = readPattern(at);
      return;
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      node[keyword] = readAlternatives(at);
      return;
    case '$ref':
      node.ref = readRef(at);
      return;
    default:
      refuseUnknown(keyword, at);
  }
}

function refuseUnknown(keyword: string, { path, reading }: Keyword): void {
  if (keyword === '$defs' && path.length > 1) refuse(reading, path, '$defs must stand at the top');
  if (ANNOTATIONS.includes(keyword)) return;
  const hint = keyword === 'format' ? '; say it with pattern' : '';
  refuse(reading, path, `${JSON.stringify(keyword)} is not supported, so it could not be kept to${hint}`);
}

function readBound(node: SchemaNode, keyword: BoundKeyword, { value, path, reading }: Keyword): void {
  const counts = keyword.endsWith('Length') || keyword.endsWith('Items');
  if (typeof value !== 'number' || (counts && !(Number.isInteger(value) && value >= 0))) {
    refuse(reading, path, counts ? 'must be a whole number, 0 or more' : 'must be a number');
    return;
  }
  node.bounds = { ...node.bounds, [keyword]: value };
}

function readTypes({ value, path, reading }: Keyword): JsonType[] | null {
  const names = Array.isArray(value) ? value : [value];
  const types = names.flatMap((name) => JSON_TYPES.filter((known) => known === name));
  if (types.length === names.length && types.length > 0) return types;
  refuse(reading, path, `must be one or more of ${JSON_TYPES.join(', ')}`);
  return null;
}

function readProperties({ value, path, reading }: Keyword): Map<string, SchemaNode> {
  const properties = new Map<string, SchemaNode>();
  if (!isJsonObject(value)) refuse(reading, path, 'must be an object of schemas');
  else {
    for (const [key, part] of Object.entries(value))
      properties.set(key, readNode(part, [...path, key], reading));
  }
  return properties;
}

function readRequired({ value, path, reading }: Keyword): string[] {
  if (Array.isArray(value) && value.every((key) => typeof key === 'string')) return value;
  refuse(reading, path, 'must be a list of property names');
  return [];
}

function readAdditional({ value, path, reading }: Keyword): SchemaNode['additional'] {
  if (value === false) return null;
  return value === true ? 'anything' : readNode(value, path, reading);
}

function readAlternatives({ value, path, reading }: Keyword): SchemaNode[] | null {
  if (Array.isArray(value) && value.length > 0) {
    return value.map((part, i) => readNode(part, [...path, i], reading));
  }
  refuse(reading, path, 'must be a list of at least one schema');
  return null;
}

function readPattern({ value, path, reading }: Keyword): BoundedPattern | null {
  if (typeof value !== 'string') {
    refuse(reading, path, 'must be a text');
    return null;
  }
  reading.patterns.push(value);
  if (reading.patterns.length > MAX_PATTERNS) {
    refuse(reading, path, `there are more than ${MAX_PATTERNS} patterns`);
    return null;
  }
  const compiled = compilePattern(value);
  if (compiled.ok) return compiled.pattern;
  refuse(reading, path, `cannot be used: ${compiled.message}`);
  return null;
}

function readRef({ value, path, reading }: Keyword): string | null {
  if (value === '#') return '';
  if (typeof value === 'string' && value.startsWith('#/$defs/') && !value.slice(8).includes('/')) {
    const key = value.slice(8).replaceAll('~1', '/').replaceAll('~0', '~');
    reading.refs.push({ key, path: [...path] });
    return key;
  }
  refuse(reading, path, 'must be # or #/$defs/name: schemas elsewhere are not fetched');
  return null;
}
