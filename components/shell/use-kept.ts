'use client';

import { useEffect, useState } from 'react';

/** A choice that this browser remembers, such as which columns are shown. What it cannot keep, it forgets with the page. */
export function useKept<Value>(
  name: string,
  initial: Value,
  read: (kept: unknown) => Value | undefined,
): [Value, (next: Value) => void] {
  const [value, setValue] = useState(initial);
  const key = `signalbox-${name}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: read once, after the page that the server drew
  useEffect(() => {
    try {
      const kept = read(JSON.parse(localStorage.getItem(key) ?? 'null'));
      if (kept !== undefined) setValue(kept);
    } catch {
      // Private windows, or a text that somebody else put there.
    }
  }, [key]);
  const keep = (next: Value) => {
    setValue(next);
    try {
      localStorage.setItem(key, JSON.stringify(next));
    } catch {
      // As above.
    }
  };
  return [value, keep];
}

/** For `useKept`: a list of words. */
export const asWords = (kept: unknown): string[] | undefined =>
  Array.isArray(kept) && kept.every((word) => typeof word === 'string') ? kept : undefined;
