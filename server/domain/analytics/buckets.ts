import { DAY_MS, HOUR_MS, SLICE_MS, type Stretch } from './levels.ts';

/** Ends on the hours, days and Mondays of the zone: no day is cut elsewhere than at its midnight, whatever its length. */
const WIDTHS_MS = [
  SLICE_MS,
  3 * SLICE_MS,
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  DAY_MS,
  7 * DAY_MS,
  28 * DAY_MS,
  364 * DAY_MS,
];

export interface Buckets {
  /** Of a whole one; null: there is but one. */
  widthMs: number | null;
  stretches: Stretch[];
}

/** The stretch cut into as many pieces of one width as there may be at most; the first and the last may be shorter. */
export function bucketsOf(stretch: Stretch, zone: string, max: number): Buckets {
  const clock = createZoneClock(zone);
  for (const widthMs of WIDTHS_MS) {
    if ((stretch.to - stretch.from) / widthMs > max) continue;
    const edges = [stretch.from, ...edgesWithin(stretch, clock, widthMs), stretch.to];
    if (edges.length - 1 <= max)
      return {
        widthMs,
        stretches: edges.slice(1).map((to, index) => ({ from: edges[index] ?? to, to })),
      };
  }
  return { widthMs: null, stretches: [stretch] };
}

function edgesWithin({ from, to }: Stretch, clock: ZoneClock, widthMs: number): number[] {
  const edges: number[] = [];
  for (let day = clock.startOfDay(from); day < to; ) {
    const next = clock.startOfDay(day + 36 * HOUR_MS);
    if (widthMs < DAY_MS) for (let at = day; at < next; at += widthMs) edges.push(at);
    else if (isFirstOf(widthMs, clock.dayNumber(day))) edges.push(day);
    day = next;
  }
  return edges.filter((at) => at > from && at < to);
}

/** Weeks begin with Mondays; the first day of 1970 was a Thursday. */
const isFirstOf = (widthMs: number, day: number): boolean =>
  widthMs === DAY_MS || (day + 3) % (widthMs / DAY_MS) === 0;

interface ZoneClock {
  /** Of the day in which the moment lies there: its first moment. */
  startOfDay(at: number): number;
  /** Days since 1970 by the calendar there. */
  dayNumber(at: number): number;
}

function createZoneClock(zone: string): ZoneClock {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, hourCycle: 'h23', era: 'short' },
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });

  /** What clocks there show, as if it were UTC. */
  function shownAt(at: number): number {
    const parts = Object.fromEntries(
      format.formatToParts(at).map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second);
  }

  const dayNumber = (at: number): number => Math.floor(shownAt(at) / DAY_MS);

  function startOfDay(at: number): number {
    const day = dayNumber(at);
    const midnight = day * DAY_MS;
    const guess = midnight - (shownAt(midnight) - midnight);
    let start = guess - (shownAt(guess) - midnight);
    // Where clocks are put forward at midnight the day begins later; where they are put back then, earlier.
    while (dayNumber(start) < day) start += 3 * SLICE_MS;
    while (dayNumber(start - 3 * SLICE_MS) === day) start -= 3 * SLICE_MS;
    return start;
  }

  return { startOfDay, dayNumber };
}

export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
