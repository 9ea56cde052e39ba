import { getOwn, isJsonObject, type Json } from '../../json.ts';
import { ANY, BOOL, LIST, MAP, NULL, NUMBER, STRING } from './kinds.ts';

/** What is known of a value before it exists. `schema` is there when fields and items are known too. */
export interface StaticType {
  kinds: number;
  schema?: Json;
  /** The document that `$ref` in `schema` points into. */
  root?: Json;
  /** Of a list that the expression made. */
  item?: StaticType;
}

const KIND_OF_TYPE: ReadonlyMap<Json, number> = new Map([
  ['null', NULL],
  ['boolean', BOOL],
  ['number', NUMBER],
  ['integer', NUMBER],
  ['string', STRING],
  ['array', LIST],
  ['object', MAP],
]);
const MAX_HOPS = 16;
const MAX_ALTERNATIVES = 50;

export function unknownType(): StaticType {
  return { kinds: ANY };
}

/** Only what is certain: where a schema leaves something open, so does the type. */
export function typeOfSchema(schema: Json, root: Json, hops = 0): StaticType {
  if (!isJsonObject(schema) || hops > MAX_HOPS) return unknownType();
  const reference = getOwn(schema, '$ref');
  if (typeof reference === 'string') {
    const target = resolve(reference, root);
    return target === undefined ? unknownType() : typeOfSchema(target, root, hops + 1);
  }
  let kinds = kindsOfType(getOwn(schema, 'type')) & kindsOfValues(schema);
  for (const keyword of ['anyOf', 'oneOf']) {
    const parts = getOwn(schema, keyword);
    if (!Array.isArray(parts) || parts.length > MAX_ALTERNATIVES) continue;
    kinds &= parts.reduce((all: number, part) => all | typeOfSchema(part, root, hops + 4).kinds, 0);
  }
  return kinds === 0 ? unknownType() : { kinds, schema, root };
}

function resolve(reference: string, root: Json): Json | undefined {
  if (reference === '#') return root;
  const defs = isJsonObject(root) ? getOwn(root, '$defs') : undefined;
  const key = reference.replace('#/$defs/', '').replaceAll('~1', '/').replaceAll('~0', '~');
  return isJsonObject(defs) ? getOwn(defs, key) : undefined;
}

function kindsOfType(type: Json | undefined): number {
  if (type === undefined) return ANY;
  const names = Array.isArray(type) ? type : [type];
  return names.reduce((kinds: number, name) => kinds | (KIND_OF_TYPE.get(name) ?? ANY), 0);
}

function kindsOfValues(schema: { [key: string]: Json }): number {
  const constant = getOwn(schema, 'const');
  const values = constant === undefined ? getOwn(schema, 'enum') : [constant];
  if (!Array.isArray(values)) return ANY;
  return values.reduce((kinds: number, value) => kinds | kindOfJson(value), 0);
}

function kindOfJson(value: Json): number {
  if (value === null) return NULL;
  if (Array.isArray(value)) return LIST;
  return KIND_OF_TYPE.get(typeof value) ?? ANY;
}

/** Null when the value certainly has no such field. */
export function fieldOf({ schema, root }: StaticType, field: string): StaticType | null {
  if (!isJsonObject(schema) || root === undefined || hasAlternatives(schema)) return unknownType();
  const properties = getOwn(schema, 'properties');
  const property = isJsonObject(properties) ? getOwn(properties, field) : undefined;
  if (property !== undefined) return typeOfSchema(property, root);
  const additional = getOwn(schema, 'additionalProperties');
  if (additional === false) return null;
  return additional === undefined ? unknownType() : typeOfSchema(additional, root);
}

function hasAlternatives(schema: { [key: string]: Json }): boolean {
  return ['anyOf', 'oneOf', 'allOf', '$ref', 'enum', 'const'].some((keyword) =>
    Object.hasOwn(schema, keyword),
  );
}

export function itemOf({ schema, root, item }: StaticType): StaticType {
  if (item) return item;
  if (!isJsonObject(schema) || root === undefined || hasAlternatives(schema)) return unknownType();
  const items = getOwn(schema, 'items');
  return items === undefined ? unknownType() : typeOfSchema(items, root);
}
