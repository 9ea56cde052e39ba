import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketsOf } from './buckets.ts';
import { DAY_MS, HOUR_MS, SLICE_MS, spansOf } from './levels.ts';

const ZONES = [
  'UTC',
  'Asia/Kolkata',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/Santiago',
  'Africa/Cairo',
];
const at = (text: string): number => Date.parse(text);
const slices = fc.integer({ min: at('2024-01-01') / SLICE_MS, max: at('2027-01-01') / SLICE_MS });
const stretches = fc
  .tuple(slices, fc.integer({ min: 1, max: 100_000 }))
  .map(([first, length]) => ({ from: first * SLICE_MS, to: (first + length) * SLICE_MS }));
const clockIn = (zone: string, moment: number): string =>
  new Date(moment).toLocaleTimeString('en-GB', { timeZone: zone });

describe('a range cut into buckets', () => {
  test('is covered without gaps by no more than asked for, each of whole slices', () => {
    fc.assert(
      fc.property(
        stretches,
        fc.constantFrom(...ZONES),
        fc.integer({ min: 1, max: 500 }),
        (stretch, zone, max) => {
          const { stretches: cut } = bucketsOf(stretch, zone, max);
          expect(cut.length).toBeLessThanOrEqual(max);
          expect([cut[0]?.from, cut.at(-1)?.to]).toEqual([stretch.from, stretch.to]);
          for (const [index, { from, to }] of cut.entries()) {
            expect(to).toBeGreaterThan(from);
            expect(from % SLICE_MS).toBe(0);
            if (index > 0) expect(from).toBe(cut[index - 1]?.to);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each(ZONES.filter((zone) => zone !== 'Africa/Cairo' && zone !== 'America/Santiago'))(
    'by days begins them at midnight in %s, across changes of the clock',
    (zone) => {
      const year = { from: at('2026-01-01T00:00Z'), to: at('2026-12-31T00:00Z') };
      const { widthMs, stretches: days } = bucketsOf(year, zone, 500);
      expect(widthMs).toBe(DAY_MS);
      for (const { from } of days.slice(1)) expect(clockIn(zone, from)).toBe('00:00:00');
      const lengths = new Set(days.slice(1, -1).map(({ from, to }) => (to - from) / HOUR_MS));
      const changes: Record<string, number[]> = {
        'America/St_Johns': [24, 23, 25],
        'Australia/Lord_Howe': [24, 24.5, 23.5],
      };
      expect(lengths).toEqual(new Set(changes[zone] ?? [24]));
    },
  );

  test('where the clock is put forward at midnight, the day begins when the clock first shows it', () => {
    const spring = { from: at('2026-04-23T12:00Z'), to: at('2026-04-25T12:00Z') };
    const { stretches: days } = bucketsOf(spring, 'Africa/Cairo', 3);
    expect(days.map(({ from }) => clockIn('Africa/Cairo', from)).slice(1)).toEqual(['01:00:00', '00:00:00']);
  });

  test('by weeks begins them with Mondays', () => {
    const { widthMs, stretches: weeks } = bucketsOf(
      { from: at('2026-01-01T00:00Z'), to: at('2026-06-01T00:00Z') },
      'UTC',
      30,
    );
    expect(widthMs).toBe(7 * DAY_MS);
    expect(new Set(weeks.slice(1).map(({ from }) => new Date(from).getUTCDay()))).toEqual(new Set([1]));
  });
});

test('rows of slices, hours and days cover a stretch once, and no sum is used that is not there yet', () => {
  const marks = fc.option(slices.map((slice) => Math.floor((slice * SLICE_MS) / HOUR_MS) * HOUR_MS));
  fc.assert(
    fc.property(stretches, marks, (stretch, hoursUntil) => {
      const daysUntil = hoursUntil && Math.floor(hoursUntil / DAY_MS) * DAY_MS;
      const spans = spansOf(stretch, { hoursUntil, daysUntil });
      let reached = stretch.from;
      for (const { level, from, to } of spans) {
        expect(from).toBe(reached);
        reached = to;
        const size = [SLICE_MS, HOUR_MS, DAY_MS][level] as number;
        expect([from % size, to % size]).toEqual([0, 0]);
        if (level > 0) expect(to).toBeLessThanOrEqual((level === 1 ? hoursUntil : daysUntil) ?? 0);
      }
      expect(reached).toBe(stretch.to);
      expect(spans.length).toBeLessThanOrEqual(5);
    }),
  );
});
