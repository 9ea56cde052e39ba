import { compileJsonSchema, validateJson } from '../../../server/domain/graph/json-schema.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../server/domain/json.ts';
import type { Capability } from './capabilities.ts';

type Check = (value: Json) => string[];
const checks = new WeakMap<JsonObject, Check>();

/** What keeps the config from fitting. A schema that says more than our checker knows is left to the agent. */
export function faultsOfConfig({ configSchema }: Capability, config: JsonObject): string[] {
  if (configSchema === null) return [];
  const known = checks.get(configSchema) ?? compileCheck(configSchema);
  checks.set(configSchema, known);
  return known(config);
}

function compileCheck(schema: JsonObject): Check {
  const compiled = compileJsonSchema(withoutPropertyNames(schema));
  if (!compiled.ok) return () => [];
  return (value) =>
    validateJson(compiled.schema, value)
      .slice(0, 5)
      .map(({ path, message }) => `${['config', ...path].join('.')} ${message}`);
}

/** Our checker does not know this keyword, which zod writes for every record; what it says of names is left to the agent. */
function withoutPropertyNames(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(withoutPropertyNames);
  if (!isJsonObject(schema)) return schema;
  const entries = Object.entries(schema).filter(
    ([key, part]) => key !== 'propertyNames' || !isJsonObject(part),
  );
  return Object.fromEntries(entries.map(([key, part]) => [key, withoutPropertyNames(part)]));
}
