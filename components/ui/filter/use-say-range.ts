'use client';

import { useIsAlive } from '../use-is-alive.ts';
import { sayTimeRange } from './time-range.ts';

/** Where no zone is named, a fixed range is told in that of whoever looks, which is not known where a page is drawn first. */
export function useSayRange(zone?: string): (text: string) => string {
  const isAlive = useIsAlive();
  return (text) =>
    isAlive || !text.includes('~') ? sayTimeRange(text, zone, new Date().getFullYear()) : '…';
}
