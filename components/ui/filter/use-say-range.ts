'use client';

import { useSyncExternalStore } from 'react';
import { sayTimeRange } from './time-range.ts';

const NEVER = () => () => undefined;

/** Where no zone is named, a fixed range is told in that of whoever looks, which is not known where a page is drawn first. */
export function useSayRange(zone?: string): (text: string) => string {
  const isHere = useSyncExternalStore(
    NEVER,
    () => true,
    () => false,
  );
  return (text) => (isHere || !text.includes('~') ? sayTimeRange(text, zone) : '…');
}
