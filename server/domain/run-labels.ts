import type { Json, JsonObject } from './json.ts';

const MAX_LABELS = 32;
const MAX_LENGTH = 200;
// biome-ignore lint/suspicious/noControlCharactersInRegex: Postgres keeps no NUL, and nobody looks for the others
const CONTROL = /[\u0000-\u001f\u007f]/;

/** What a run is found by: the plain values at the top of its metadata, and the words in its list `tags`. */
export function labelsOf(metadata: JsonObject): string[] {
  const found = Object.entries(metadata).flatMap(([key, value]) =>
    key === 'tags' && Array.isArray(value) ? value.flatMap(tagOf) : plainLabelOf(key, value),
  );
  const fit = found.filter((label) => label.length <= MAX_LENGTH && !CONTROL.test(label));
  return [...new Set(fit)].slice(0, MAX_LABELS);
}

const TAG = 'tag:';

export const tagLabel = (tag: string): string => `${TAG}${tag}`;
export const tagOfLabel = (label: string): string | null =>
  label.startsWith(TAG) ? label.slice(TAG.length) : null;
export const metadataLabel = (key: string, value: string): string => `${key}=${value}`;

const tagOf = (value: Json): string[] => (typeof value === 'string' ? [tagLabel(value)] : []);

function plainLabelOf(key: string, value: Json): string[] {
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return isPlain ? [metadataLabel(key, String(value))] : [];
}
