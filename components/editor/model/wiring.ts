import type { EditorDocument, Wire } from './document.ts';
import { refusals } from './words.ts';

/** Who follows whom, by key. Built once for a document. */
export interface Wiring {
  readonly outgoing: ReadonlyMap<string, readonly string[]>;
  readonly incoming: ReadonlyMap<string, readonly string[]>;
}

const known = new WeakMap<readonly Wire[], Wiring>();

export function wiringOf({ dependencies }: Pick<EditorDocument, 'dependencies'>): Wiring {
  const found = known.get(dependencies);
  if (found) return found;
  const outgoing = new Map<string, string[]>();
  const incoming = new Map<string, string[]>();
  for (const { from, to } of dependencies) {
    append(outgoing, from, to);
    append(incoming, to, from);
  }
  const wiring = { outgoing, incoming };
  known.set(dependencies, wiring);
  return wiring;
}

function append(lists: Map<string, string[]>, key: string, item: string): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

/** Everything that can be reached, the starts left out unless a circle leads back to them. Nearest first. */
export function reachedFrom(
  starts: Iterable<string>,
  next: ReadonlyMap<string, readonly string[]>,
): Set<string> {
  const reached = new Set<string>();
  const queue = [...starts];
  for (let at = 0; at < queue.length; at++) {
    for (const key of next.get(queue[at] ?? '') ?? []) {
      if (reached.has(key)) continue;
      reached.add(key);
      queue.push(key);
    }
  }
  return reached;
}

/** Why the one may not follow the other; null when it may. Words for the person who holds the wire. */
export function whyNotConnect(document: EditorDocument, from: string, to: string): string | null {
  if (from === to) return refusals.itself;
  const { outgoing } = wiringOf(document);
  if (outgoing.get(from)?.includes(to)) return refusals.follows(to, from);
  const path = findPath(outgoing, to, from);
  if (path === null) return null;
  return refusals.circle(shorten([...path, to]).join(' → '));
}

function findPath(outgoing: Wiring['outgoing'], from: string, to: string): string[] | null {
  const cameFrom = new Map<string, string | null>([[from, null]]);
  const queue = [from];
  for (let at = 0; at < queue.length; at++) {
    const key = queue[at] ?? '';
    if (key === to) return trace(cameFrom, to);
    for (const next of outgoing.get(key) ?? []) {
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, key);
      queue.push(next);
    }
  }
  return null;
}

function trace(cameFrom: ReadonlyMap<string, string | null>, end: string): string[] {
  const path: string[] = [];
  for (let key: string | null | undefined = end; key != null; key = cameFrom.get(key)) path.push(key);
  return path.reverse();
}

const MAX_NAMED = 6;

function shorten(path: readonly string[]): string[] {
  if (path.length <= MAX_NAMED) return [...path];
  return [...path.slice(0, 3), '…', ...path.slice(-2)];
}

/** Stages in an order in which they can run; those on a circle come last. Ties as in the document. */
export function inOrder({ stages, dependencies }: EditorDocument): string[] {
  const { outgoing, incoming } = wiringOf({ dependencies });
  const keys = new Set(stages.map(({ key }) => key));
  const left = new Map<string, number>();
  for (const key of keys) left.set(key, (incoming.get(key) ?? []).filter((from) => keys.has(from)).length);
  const order = [...keys].filter((key) => left.get(key) === 0);
  for (let at = 0; at < order.length; at++) {
    for (const next of outgoing.get(order[at] ?? '') ?? []) {
      const count = (left.get(next) ?? 0) - 1;
      left.set(next, count);
      if (count === 0) order.push(next);
    }
  }
  const placed = new Set(order);
  return [...order, ...[...keys].filter((key) => !placed.has(key))];
}
