import { isJsonObject, type Json } from '../../../server/domain/json.ts';
import { findObjects, type StoredObject } from '../run/data/find-objects.ts';

/** Up to this size what is stored apart is compared without being asked for. */
const UNASKED_BYTES = 256_000;
/** Beyond it the page would stand still while lines are compared. */
const MOST_BYTES = 4_000_000;

export interface PartsToLoad {
  /** Of the first value, and of the second. What both refer to alike is the same, and is left as it is. */
  parts: readonly [readonly StoredObject[], readonly StoredObject[]];
  bytes: number;
  /** `now`: few enough; `asked`: when somebody wants it; `never`: too many for a page. */
  when: 'now' | 'asked' | 'never';
}

/** What has to be read before two values can be told apart by more than what they refer to. */
export function partsToLoad(first: Json, second: Json): PartsToLoad {
  const [ofFirst, ofSecond] = [findObjects(first), findObjects(second)];
  const parts = [without(ofFirst, ofSecond), without(ofSecond, ofFirst)] as const;
  const all = parts.flat();
  // Of one that does not say how large it is nobody knows: it is asked for first.
  const isKnown = all.every(({ bytes }) => bytes !== undefined);
  const bytes = all.reduce((sum, part) => sum + (part.bytes ?? 0), 0);
  const when = bytes > MOST_BYTES ? 'never' : isKnown && bytes <= UNASKED_BYTES ? 'now' : 'asked';
  return { parts, bytes, when };
}

function without(parts: readonly StoredObject[], others: readonly StoredObject[]): StoredObject[] {
  const known = new Set(others.map(({ hash }) => hash));
  return parts.filter(({ hash }) => !known.has(hash));
}

/** The value with what it refers to in its place, as far as that was read. */
export function withContents(value: Json, contents: ReadonlyMap<string, Json>): Json {
  if (Array.isArray(value)) return value.map((item) => withContents(item, contents));
  if (!isJsonObject(value)) return value;
  const { $object: hash } = value;
  const content = typeof hash === 'string' ? contents.get(hash) : undefined;
  if (content !== undefined) return content;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withContents(item, contents)]),
  );
}

/** A document as what it says; any other text by its lines. */
export function contentOf({ isJson }: Pick<StoredObject, 'isJson'>, text: string): Json {
  if (!isJson) return text.split('\n');
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text.split('\n');
  }
}
