import { isJsonObject, type Json, setOwn } from './json.ts';
import { isRef, payloadRefOf } from './payload-ref.ts';

/**
 * What of a value is marked sensitive: all of it, or what these paths lead to. `*` in a path stands for every field or
 * item. Null, where it may be: nothing.
 */
export type Mask = 'whole' | readonly Path[];
export type Path = readonly string[];

/** More are not told apart: then all of it is hidden. */
const MAX_PATHS = 256;

/** Stands where a value is not shown, in everything that leaves the server but what was asked to be revealed. */
export const HIDDEN: Json = Object.freeze({ $hidden: 'sensitive' });

export function isHidden(value: Json | undefined): boolean {
  return isJsonObject(value) && value.$hidden === 'sensitive' && Object.keys(value).length === 1;
}

/** Whether the mark stands anywhere in it, found without recursion. */
export function holdsHidden(root: Json): boolean {
  const stack: Json[] = [root];
  while (stack.length > 0) {
    const value = stack.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (isHidden(value)) return true;
    for (const part of Array.isArray(value) ? value : Object.values(value)) stack.push(part);
  }
  return false;
}

/**
 * The value without what is marked. Where it is not as the path expects, too much is hidden rather than too little: a
 * text that a model wrote instead of an object, a list instead of one item, or what stands in the object store.
 */
export function conceal(value: Json, mask: Mask | null): Json {
  if (mask === null || value === null) return value;
  if (mask === 'whole' || payloadRefOf(value)) return HIDDEN;
  return mask.reduce((left: Json, path) => hideAt(left, path), value);
}

function hideAt(value: Json, path: Path): Json {
  const [segment, ...rest] = path;
  if (value === null || isHidden(value)) return value;
  if (segment === undefined || typeof value !== 'object' || isRef(value)) return HIDDEN;
  if (Array.isArray(value)) {
    if (segment === '*') return value.map((item) => hideAt(item, rest));
    if (!/^\d+$/.test(segment)) return HIDDEN;
    return value.map((item, at) => (at === Number(segment) ? hideAt(item, rest) : item));
  }
  const kept: { [key: string]: Json } = {};
  for (const [key, part] of Object.entries(value)) {
    setOwn(kept, key, segment === '*' || segment === key ? hideAt(part, rest) : part);
  }
  return kept;
}

/** RFC 6901, without the pointer to the whole. */
export const toPath = (pointer: string): Path =>
  pointer
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));

export function joinMasks(one: Mask | null, other: Mask | null): Mask | null {
  if (one === null || other === null) return one ?? other;
  if (one === 'whole' || other === 'whole') return 'whole';
  const byText = new Map([...one, ...other].map((path) => [JSON.stringify(path), path]));
  return byText.size > MAX_PATHS ? 'whole' : [...byText.values()];
}

const fits = (one: string | undefined, other: string | undefined): boolean =>
  one === other || one === '*' || other === '*';

/** What is marked of the part that the path leads to. */
export function maskAt(mask: Mask | null, path: Path): Mask | null {
  if (mask === null || mask === 'whole') return mask;
  const below = mask.filter((marked) =>
    path.every((segment, at) => at >= marked.length || fits(segment, marked[at])),
  );
  if (below.length === 0) return null;
  return below.some(({ length }) => length <= path.length)
    ? 'whole'
    : below.map((marked) => marked.slice(path.length));
}

/** The same mark, of a value in which what it is about stands at the path. */
export function maskUnder(path: Path, mask: Mask | null): Mask | null {
  if (mask === null) return null;
  if (mask === 'whole') return path.length === 0 ? 'whole' : [path];
  return mask.map((marked) => [...path, ...marked]);
}

/** Whether one hides all that the other does. */
export function covers(one: Mask | null, other: Mask | null): boolean {
  if (other === null || one === 'whole') return true;
  if (one === null || other === 'whole') return false;
  return other.every((wanted) =>
    one.some(
      (path) =>
        path.length <= wanted.length &&
        path.every((segment, at) => segment === '*' || segment === wanted[at]),
    ),
  );
}
