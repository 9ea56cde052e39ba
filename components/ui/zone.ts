'use client';

import { createContext, use } from 'react';
import { LOCALE } from './language.ts';

/** The zone in which moments are told; none: that of whoever looks. */
const ZoneContext = createContext<string | undefined>(undefined);
export const ZoneProvider = ZoneContext;
export const useZone = (): string | undefined => use(ZoneContext);

export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

export function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat(LOCALE, { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** Those that browsers know, the two that most people want first. */
export function knownZones(): string[] {
  return [...new Set([ownZone(), 'UTC', ...Intl.supportedValuesOf('timeZone')])];
}

/** How far it is from UTC at that moment, as people say it: GMT+2, or UTC itself. */
export function offsetName(zone: string | undefined, at: number): string {
  if ((zone ?? ownZone()) === 'UTC') return 'UTC';
  const parts = new Intl.DateTimeFormat(LOCALE, { timeZone: zone, timeZoneName: 'shortOffset' });
  return parts.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

/** By its name and how far it is from UTC just now. */
export const zoneName = (zone: string): string =>
  zone === 'UTC' ? 'UTC' : `${zone} (${offsetName(zone, Date.now())})`;

/** What clocks of the zone show, as an input of the kind `datetime-local` takes it, which knows no zone; seconds where there are any. */
export function toWallTime(date: Date | undefined, zone: string): string {
  return date ? new Date(shownAt(date.getTime(), zone)).toISOString().slice(0, 19).replace(/:00$/, '') : '';
}

/** What a field means that was shown a moment: that very moment, which may be finer than what clocks show, until something else stands in it. */
export function asEdited(given: Date | undefined, text: string, zone: string): Date | undefined {
  return text === toWallTime(given, zone) ? given : fromWallTime(text, zone);
}

const DAY_MS = 86_400_000;

/** When clocks there show it: of an hour that comes twice the first, and of one that is left out what they show instead. */
export function fromWallTime(text: string, zone: string): Date | undefined {
  const wanted = Date.parse(`${text}Z`);
  if (Number.isNaN(wanted)) return undefined;
  // Clocks are changed at most once within two days.
  const moments = [wanted - DAY_MS, wanted + DAY_MS].map((near) => wanted - (shownAt(near, zone) - near));
  const found = moments.filter((moment) => shownAt(moment, zone) === wanted);
  return new Date(found.length > 0 ? Math.min(...found) : (moments[0] ?? wanted));
}

/** What clocks there show, as if it were UTC; to the second, as no zone is finer. */
function shownAt(at: number, zone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, hourCycle: 'h23', era: 'short' },
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
