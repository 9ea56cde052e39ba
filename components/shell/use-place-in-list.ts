'use client';

import { useEffect, useState } from 'react';
import type { GridPlace } from '../ui/grid/index.ts';

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

/** For a grid: whoever comes back to this list goes on where it was left. Whoever comes by a link begins at its top. */
export function usePlaceInList(list: string): GridPlace {
  const [begin, setBegin] = useState<string>();
  // After the page that the server drew, which knows of no place.
  useEffect(() => {
    const isBack = cameBackTo === here();
    cameBackTo = undefined;
    if (isBack) setBegin(readPlace(list));
  }, [list]);
  return { begin, onMove: (key) => keepPlace(list, key) };
}

function readPlace(list: string): string | undefined {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(nameOf(list)) ?? 'null');
    const [address, key] = Array.isArray(kept) ? (kept as unknown[]) : [];
    return address === here() && typeof key === 'string' ? key : undefined;
  } catch {
    return undefined;
  }
}

function keepPlace(list: string, key: string): void {
  try {
    sessionStorage.setItem(nameOf(list), JSON.stringify([here(), key]));
  } catch {
    // A browser that keeps nothing begins at the top.
  }
}
