'use client';

import { useIsAlive } from '../use-is-alive.ts';
import { sayTimeRange } from './time-range.ts';

/** A fixed range is told in the zone of whoever looks, which is not known where a page is drawn first. */
export function useSayRange(): (text: string) => string {
  const isAlive = useIsAlive();
  return (text) => (isAlive || !text.includes('~') ? sayTimeRange(text) : '…');
}
