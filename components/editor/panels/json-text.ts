import type { Json } from '../../../server/domain/json.ts';

export const writeJson = (json: Json | undefined) =>
  json === undefined ? '' : JSON.stringify(json, null, 2);

/** Nothing at all is sound: the value is left out. */
export function readJson(text: string): { ok: true; value: Json | undefined } | { ok: false } {
  if (text.trim() === '') return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(text) as Json };
  } catch {
    return { ok: false };
  }
}

interface JsonTyped {
  text: string;
  isFaulty: boolean;
}

export const typed = (text: string): JsonTyped => ({ text, isFaulty: !readJson(text).ok });

/** What stands in a field whose value is another now: what was typed, if it says that, else the value, which has no fault. */
export function follow(before: JsonTyped, value: Json | undefined): JsonTyped {
  const read = readJson(before.text);
  const saysIt = read.ok && JSON.stringify(read.value) === JSON.stringify(value);
  return saysIt ? before : { text: writeJson(value), isFaulty: false };
}
