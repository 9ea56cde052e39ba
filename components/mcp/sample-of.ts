import { isJsonObject, type Json, type JsonObject } from '../../server/domain/json.ts';

const EMPTY: Readonly<Record<string, Json>> = {
  string: '',
  number: 0,
  integer: 0,
  boolean: false,
  array: [],
  object: {},
};

/** Arguments to begin with: what the schema demands, by its defaults and first choices where it has some. */
export function sampleOf(schema: unknown): JsonObject {
  if (!isJsonObject(schema as Json)) return {};
  const { properties, required } = schema as JsonObject;
  if (!isJsonObject(properties ?? null)) return {};
  const demanded = Array.isArray(required) ? required : [];
  return Object.fromEntries(
    Object.entries(properties as JsonObject)
      .filter(([name]) => demanded.includes(name))
      .map(([name, of]) => [name, sampleValue(of)]),
  );
}

function sampleValue(schema: Json): Json {
  if (!isJsonObject(schema)) return null;
  if (schema.default !== undefined) return schema.default;
  if (Array.isArray(schema.enum)) return schema.enum[0] ?? null;
  return (typeof schema.type === 'string' ? EMPTY[schema.type] : undefined) ?? null;
}
