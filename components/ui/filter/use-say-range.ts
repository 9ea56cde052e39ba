'use client';

import { useSyncExternalStore } from 'react';
import { sayTimeRange } from './time-range.ts';

const NEVER = () => () => undefined;

/** A fixed range is told in the zone of whoever looks, which is not known where a page is drawn first. */
export function useSayRange(): (text: string) => string {
  const isHere = useSyncExternalStore(
    NEVER,
    () => true,
    () => false,
  );
  return (text) => (isHere || !text.includes('~') ? sayTimeRange(text) : '…');
}
