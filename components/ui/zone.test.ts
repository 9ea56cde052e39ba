import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asEdited, fromWallTime, isZone, knownZones, offsetName, toWallTime } from './zone.ts';

const ZONES = [
  'UTC',
  'Europe/Vienna',
  'America/St_Johns',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Apia',
];
const MINUTE_MS = 60_000;

test('a moment that is written as clocks of a zone show it is read as one at which they show just that', () => {
  const minutes = fc.integer({ min: Date.UTC(2012) / MINUTE_MS, max: Date.UTC(2040) / MINUTE_MS });
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), minutes, (zone, minute) => {
      const at = new Date(minute * MINUTE_MS);
      const shown = toWallTime(at, zone);
      const read = fromWallTime(shown, zone);
      expect(toWallTime(read, zone)).toBe(shown);
      // Of an hour that comes twice the first is meant.
      expect(at.getTime() - (read?.getTime() ?? 0)).toBeOneOf([0, 30 * MINUTE_MS, 60 * MINUTE_MS]);
    }),
  );
});

test('of an hour that comes twice the first is meant, and one that is left out is told as what clocks show instead', () => {
  expect(fromWallTime('2026-10-25T02:30', 'Europe/Vienna')?.toISOString()).toBe('2026-10-25T00:30:00.000Z');
  expect(fromWallTime('2026-03-29T02:30', 'Europe/Vienna')?.toISOString()).toBe('2026-03-29T01:30:00.000Z');
  expect(toWallTime(new Date('2026-03-29T01:30:00Z'), 'Europe/Vienna')).toBe('2026-03-29T03:30');
});

test('zones are known by their names', () => {
  expect(['UTC', 'Asia/Kolkata', 'Mars/Olympus', ''].map(isZone)).toEqual([true, true, false, false]);
  expect(knownZones()).toContain('UTC');
  expect(new Set(knownZones()).size).toBe(knownZones().length);
  expect(offsetName('America/St_Johns', Date.parse('2026-07-01T00:00:00Z'))).toBe('GMT-2:30');
  expect(offsetName('UTC', Date.parse('2026-07-01T00:00:00Z'))).toBe('UTC');
});

test('a moment that a field was shown is what it means until something else is typed into it', () => {
  const zone = 'Europe/Vienna';
  for (const given of ['2026-10-25T01:30:00.000Z', '2026-03-01T11:59:59.999Z', '2026-03-01T12:00:00.000Z']) {
    const shown = toWallTime(new Date(given), zone);
    expect(asEdited(new Date(given), shown, zone)?.toISOString()).toBe(given);
  }
  const given = new Date('2026-03-01T11:59:59.999Z');
  expect(toWallTime(given, zone)).toBe('2026-03-01T12:59:59');
  expect(asEdited(given, '2026-03-01T12:58:07', zone)?.toISOString()).toBe('2026-03-01T11:58:07.000Z');
  expect(asEdited(given, '', zone)).toBeUndefined();
  expect(asEdited(undefined, '', zone)).toBeUndefined();
});
