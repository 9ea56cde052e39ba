import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

/**
 * As JSON Schema that stands alone. Many clients follow no references, and hand the schema to models that know few
 * keywords, so shared parts are written out where they are used.
 */
export function toToolSchema(schema: z.ZodObject, io: 'input' | 'output'): JsonSchema {
  const {
    $schema: _,
    $defs,
    ...rest
  } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override({ jsonSchema }) {
      // Answers may grow: a client must bear a field that it does not know.
      if (io === 'output' && jsonSchema.additionalProperties === false)
        delete jsonSchema.additionalProperties;
      // Anything may stand there, as without it; some models' dialects know no schema that says nothing.
      if (isEmpty(jsonSchema.additionalProperties)) delete jsonSchema.additionalProperties;
      // It repeats the format in two hundred characters, each of which is paid for.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return writeOut(rest, $defs ?? {}) as JsonSchema;
}

const isEmpty = (schema: unknown): boolean =>
  typeof schema === 'object' && schema !== null && Object.keys(schema).length === 0;

function writeOut(value: unknown, defs: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(value)) return value.map((part) => writeOut(part, defs));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref, id, ...rest } = value as Record<string, unknown>;
  if (typeof $ref === 'string') {
    return { ...(writeOut(defs[$ref.replace('#/$defs/', '')], defs) as object), ...rest };
  }
  // The name of a shared part; a property of that name is a schema.
  const kept = typeof id === 'string' || id === undefined ? rest : { id, ...rest };
  const written = Object.entries(kept).map(([key, part]) => [key, writeOut(part, defs)] as const);
  return eachTypeAlone(Object.fromEntries(written));
}

const TYPES = ['object', 'array', 'string', 'number', 'boolean', 'null'] as const;
const anyOf = (types: readonly unknown[]) => ({ anyOf: types.map((type) => ({ type })) });

/** Several types at once, or none where anything goes, are more than some models' dialects of schemas know. */
function eachTypeAlone({ type, ...rest }: JsonSchema): JsonSchema {
  if (Array.isArray(type)) return { ...rest, ...anyOf(type) };
  if (type !== undefined) return { type, ...rest };
  const isAnything = typeof rest.description === 'string' && Object.keys(rest).length === 1;
  return isAnything ? { ...rest, ...anyOf(TYPES) } : rest;
}
