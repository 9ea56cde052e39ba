'use client';

import { useEffect, useState, useSyncExternalStore } from 'react';
import type { GridPlace } from '../ui/grid/index.ts';
import { around, type Neighbours, neighboursOf } from './neighbours.ts';

const nameOf = (list: string) => `signalbox-place-${list}`;
const here = () => location.pathname + location.search;

/** Where Back or Forward has led last, until the list there has taken note of it. */
let cameBackTo: string | undefined;
if (typeof window !== 'undefined') {
  window.addEventListener('popstate', () => {
    cameBackTo = here();
  });
  const [loaded] = performance.getEntriesByType('navigation');
  if ((loaded as PerformanceNavigationTiming | undefined)?.type === 'back_forward') cameBackTo = here();
}

/**
 * For a grid: whoever comes back to this list goes on where it was left. Whoever comes by a link begins at its top. With
 * the `keys` of its rows, what is opened from it knows its neighbours (`useNeighbours`).
 */
export function usePlaceInList(list: string, keys: readonly string[] = []): GridPlace {
  const [begin, setBegin] = useState<string>();
  // After the page that the server drew, which knows of no place.
  useEffect(() => {
    const isBack = cameBackTo === here();
    cameBackTo = undefined;
    if (isBack) setBegin(readPlace(list));
  }, [list]);
  return { begin, onMove: (key) => keep(list, [here(), key, around(keys, key)]) };
}

/** What stood above and below it in the list that somebody came from. */
export function useNeighbours(list: string, key: string): Neighbours | undefined {
  const kept = useSyncExternalStore(
    NEVER,
    () => read(list),
    () => null,
  );
  return neighboursOf(parse(kept)?.[2] ?? [], key);
}

/** Back in the list it is this row that somebody goes on from. */
export function moveInList(list: string, key: string): void {
  const [address, , keys] = parse(read(list)) ?? [];
  if (address !== undefined && keys !== undefined) keep(list, [address, key, keys]);
}

const NEVER = () => () => undefined;

/** The address of the list, the row that was open, and the rows around it. */
type Kept = [address: string, key: string, keys: string[]];

function readPlace(list: string): string | undefined {
  const [address, key] = parse(read(list)) ?? [];
  return address === here() ? key : undefined;
}

function read(list: string): string | null {
  try {
    return sessionStorage.getItem(nameOf(list));
  } catch {
    // A browser that keeps nothing begins at the top.
    return null;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';

function parse(text: string | null): Kept | undefined {
  try {
    const kept: unknown = JSON.parse(text ?? 'null');
    const [address, key, keys] = Array.isArray(kept) ? (kept as unknown[]) : [];
    if (!isText(address) || !isText(key)) return undefined;
    return [address, key, Array.isArray(keys) ? keys.filter(isText) : []];
  } catch {
    return undefined;
  }
}

function keep(list: string, kept: Kept): void {
  try {
    sessionStorage.setItem(nameOf(list), JSON.stringify(kept));
  } catch {
    // As above.
  }
}
