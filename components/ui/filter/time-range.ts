import { LOCALE } from '../language.ts';
import { words } from './words.ts';

/**
 * A range of time as one text: `24h` reaches back from now, `2026-01-31T08:00:00.000Z~2026-02-01T08:00:00.000Z` lies
 * fixed, and either end of that may be left open.
 */
export interface TimeRange {
  from: Date | undefined;
  to: Date | undefined;
}

const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const BACK = /^(\d{1,4})([mhd])$/;

export const QUICK_RANGES = ['5m', '30m', '1h', '6h', '24h', '7d', '30d'] as const;

export function readTimeRange(text: string, now: number): TimeRange | undefined {
  const back = BACK.exec(text);
  if (back) return { from: new Date(now - Number(back[1]) * (UNIT_MS[back[2] ?? ''] ?? 0)), to: undefined };
  const [first = '', second = '', ...more] = text.split('~');
  if (!text.includes('~') || more.length > 0) return undefined;
  const from = first === '' ? undefined : new Date(first);
  const to = second === '' ? undefined : new Date(second);
  const isBad = [from, to].some((end) => end !== undefined && Number.isNaN(end.getTime()));
  return isBad || (from === undefined && to === undefined) ? undefined : { from, to };
}

export function writeTimeRange({ from, to }: TimeRange): string {
  return `${from?.toISOString() ?? ''}~${to?.toISOString() ?? ''}`;
}

/** Relative ranges move on with every look at the clock; to the minute, so that equal questions stay equal. */
export function toMinute(ms: number): number {
  return Math.floor(ms / 60_000) * 60_000;
}

/** Of another year than this one the year is told too. */
export function sayTimeRange(text: string, zone?: string, thisYear?: number): string {
  const back = BACK.exec(text);
  if (back) return words.last(Number(back[1]), back[2] ?? '');
  const range = readTimeRange(text, 0);
  if (!range) return words.never;
  const isOfAnotherYear = [range.from, range.to].some(
    (end) => end !== undefined && thisYear !== undefined && end.getFullYear() !== thisYear,
  );
  const short = new Intl.DateTimeFormat(LOCALE, {
    ...{ timeZone: zone, day: '2-digit', month: 'short', year: isOfAnotherYear ? 'numeric' : undefined },
    ...{ hour: '2-digit', minute: '2-digit' },
  });
  const [from, to] = [range.from && short.format(range.from), range.to && short.format(range.to)];
  if (from === undefined) return words.before(to ?? '');
  return to === undefined ? words.since(from) : `${from} – ${to}`;
}

/** The same where a sentence begins. */
export const atStart = (said: string): string => said.charAt(0).toLocaleUpperCase(LOCALE) + said.slice(1);
