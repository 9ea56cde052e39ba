const DAY_MS = 86_400_000;

interface Counted {
  /** 2026-01-31, of UTC. */
  day: string;
  calls: number;
  faults: number;
  refusals: number;
}

export interface Day {
  from: number;
  to: number;
  answered: number;
  faults: number;
  refusals: number;
}

/** Each of the last days, those on which nothing was called too. */
export function daysOf(counted: readonly Counted[], count: number, now: number): Day[] {
  const byDay = new Map(counted.map((each) => [each.day, each]));
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  return Array.from({ length: count }, (_, at) => {
    const from = today - (count - 1 - at) * DAY_MS;
    const {
      calls = 0,
      faults = 0,
      refusals = 0,
    } = byDay.get(new Date(from).toISOString().slice(0, 10)) ?? {};
    return { from, to: from + DAY_MS, answered: Math.max(0, calls - faults - refusals), faults, refusals };
  });
}
