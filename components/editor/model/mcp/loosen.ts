import { compileJsonSchema } from '../../../../server/domain/graph/json-schema.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../../server/domain/json.ts';
import { holdsReference, isReference } from './arguments.ts';

const ROUNDS = 3;
/** Where one of several must fit and no other, a looser one would be a stricter whole. */
const EXACT = 'oneOf';

/**
 * The schema without what our checker does not know, such as `format`: it then refuses less, and never more. What it
 * leaves out is the server's to judge when the tool is called.
 */
export function withoutUnknownKeywords(schema: JsonObject): JsonObject {
  let current = schema;
  for (let round = 0; round < ROUNDS; round++) {
    const compiled = compileJsonSchema(current);
    if (compiled.ok) return current;
    for (const { path } of compiled.problems) {
      const exact = path.indexOf(EXACT);
      current = withoutPart(current, exact === -1 ? path : path.slice(0, exact + 1));
    }
  }
  return compileJsonSchema(current).ok ? current : {};
}

function withoutPart(schema: JsonObject, path: readonly (string | number)[]): JsonObject {
  return (cut(schema, path) ?? {}) as JsonObject;
}

function cut(value: Json, [step, ...rest]: readonly (string | number)[]): Json | undefined {
  if (step === undefined) return undefined;
  if (Array.isArray(value)) {
    const inner = cut(value[Number(step)] ?? null, rest);
    // A schema that says nothing stands for it: the others keep their places.
    return value.with(Number(step), inner ?? {});
  }
  if (!isJsonObject(value) || !Object.hasOwn(value, step)) return value;
  const { [step]: part, ...others } = value;
  const inner = part === undefined ? undefined : cut(part, rest);
  return inner === undefined ? others : { ...value, [step]: inner };
}

/**
 * The schema for arguments of which some are expressions: what they will be is known when the stage runs, so anything
 * fits in their places.
 */
export function openAtReferences(schema: JsonObject, args: JsonObject): JsonObject {
  return openWithin(schema, args, schema);
}

function openWithin(schema: JsonObject, value: JsonObject, root: JsonObject): JsonObject {
  if (!Object.values(value).some(holdsReference)) return schema;
  const object = resolveRef(schema, root);
  // Which of its alternatives is meant hangs on what is not known yet.
  if (object === null || EITHER.some((keyword) => object[keyword] !== undefined)) return {};
  const properties: JsonObject = isJsonObject(object.properties) ? { ...object.properties } : {};
  for (const [name, part] of Object.entries(value)) {
    if (!holdsReference(part)) continue;
    const known = properties[name];
    // What has no property of its own is held to what all others are, which may be that there are none.
    if (known === undefined && object.additionalProperties === false) continue;
    properties[name] =
      isJsonObject(part) && !isReference(part) && isJsonObject(known) ? openWithin(known, part, root) : {};
  }
  return { ...object, properties };
}

const EITHER = ['anyOf', 'oneOf', 'allOf', 'enum', 'const'] as const;

function resolveRef(schema: JsonObject, root: JsonObject): JsonObject | null {
  const { $ref: reference, ...rest } = schema;
  if (reference === undefined) return schema;
  const name = typeof reference === 'string' ? reference.replace(/^#\/\$defs\//, '') : '';
  const target = isJsonObject(root.$defs) ? root.$defs[name] : undefined;
  return isJsonObject(target) && target.$ref === undefined ? { ...target, ...rest } : null;
}
