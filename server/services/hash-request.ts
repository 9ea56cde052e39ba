import { createHash } from 'node:crypto';
import { isJsonObject, type Json, type JsonObject, setOwn } from '#server/domain/json.ts';

/** Equal requests hash alike, whatever the order of their keys; a field that is undefined is as if it were not there. */
export function hashRequest(request: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sortKeys(request as Json)))
    .digest('hex');
}

function sortKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isJsonObject(value)) return value;
  const sorted: JsonObject = {};
  for (const key of Object.keys(value).sort()) {
    const part = value[key];
    if (part !== undefined) setOwn(sorted, key, sortKeys(part));
  }
  return sorted;
}
