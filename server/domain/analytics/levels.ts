/** What has ended is counted by five minutes; whole hours and days are sums of these, so that long ranges read few rows. */
export const LEVELS = [
  { level: 0, sizeMs: 300_000 },
  { level: 1, sizeMs: 3_600_000 },
  { level: 2, sizeMs: 86_400_000 },
] as const;

export const SLICE_MS = LEVELS[0].sizeMs;
export const HOUR_MS = LEVELS[1].sizeMs;
export const DAY_MS = LEVELS[2].sizeMs;

/** Up to when the sums are there; milliseconds, null: none yet. */
export interface Sealed {
  hoursUntil: number | null;
  daysUntil: number | null;
}

/** A stretch of time and the rows that cover it, each once. */
export interface Span {
  level: number;
  from: number;
  to: number;
}

export interface Stretch {
  from: number;
  to: number;
}

export const floorTo = (size: number, at: number): number => Math.floor(at / size) * size;
export const ceilTo = (size: number, at: number): number => Math.ceil(at / size) * size;

/** The fewest rows that make up a stretch which begins and ends with slices: days within, hours and slices at its ends. */
export function spansOf(stretch: Stretch, sealed: Sealed, level = 2): Span[] {
  const { from, to } = stretch;
  if (from >= to) return [];
  if (level === 0) return [{ level, from, to }];
  const { sizeMs } = LEVELS[level === 2 ? 2 : 1];
  const until = (level === 2 ? sealed.daysUntil : sealed.hoursUntil) ?? from;
  const first = ceilTo(sizeMs, from);
  const last = floorTo(sizeMs, Math.min(to, until));
  if (first >= last) return spansOf(stretch, sealed, level - 1);
  return [
    ...spansOf({ from, to: first }, sealed, level - 1),
    { level, from: first, to: last },
    ...spansOf({ from: last, to }, sealed, level - 1),
  ];
}
