export interface Stretch {
  from: number;
  to: number;
}

export interface Scale {
  /** Where a moment lies: 0 is the left edge, 1 the right one; outside of them it is out of sight. */
  at(time: number): number;
  timeAt(share: number): number;
  /** Idle stretches that are drawn short. */
  folds: readonly Stretch[];
}

/** An idle stretch of more than this share of the whole is folded, to this share of what is left. */
const LONG = 0.06;
const FOLDED = 0.025;

/** Time on a line. With `busy`, stretches in which nothing went on are drawn short. */
export function createScale({ from, to }: Stretch, busy?: readonly Stretch[]): Scale {
  const folds = busy ? idleStretches({ from, to }, busy) : [];
  const idle = folds.reduce((sum, fold) => sum + fold.to - fold.from, 0);
  const foldedMs = (to - from - idle) * FOLDED || 1;
  // Pairs of a moment and how far along the shortened line it lies.
  const knots: [number, number][] = [[from, 0]];
  let along = 0;
  let last = from;
  for (const fold of folds) {
    along += fold.from - last;
    knots.push([fold.from, along]);
    along += foldedMs;
    knots.push([fold.to, along]);
    last = fold.to;
  }
  const total = along + (to - last);
  knots.push([to, total]);
  return {
    at: (time) => interpolate(knots, time, 0) / total,
    timeAt: (share) => interpolate(knots, share * total, 1),
    folds,
  };
}

/** Between the knots, and straight on beyond the outer ones. */
function interpolate(knots: readonly [number, number][], value: number, by: 0 | 1): number {
  const to = by === 0 ? 1 : 0;
  const found = knots.findIndex((knot) => knot[by] >= value);
  const upper = found === -1 ? knots.length - 1 : Math.max(found, 1);
  const a = knots[upper - 1] as [number, number];
  const b = knots[upper] as [number, number];
  const width = b[by] - a[by];
  return a[to] + (width === 0 ? 0 : ((value - a[by]) / width) * (b[to] - a[to]));
}

function idleStretches({ from, to }: Stretch, busy: readonly Stretch[]): Stretch[] {
  const sorted = [...busy].sort((a, b) => a.from - b.from);
  const idle: Stretch[] = [];
  let reached = from;
  for (const { from: begin, to: end } of [...sorted, { from: to, to }]) {
    const stop = Math.min(begin, to);
    if (stop - reached > (to - from) * LONG) idle.push({ from: reached, to: stop });
    reached = Math.max(reached, end);
  }
  return idle;
}

/** Between two marks, as a share of what each has on average: folds bring them together. */
const LEAST_GAP = 0.4;
const STEPS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500];
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400];

interface Marks extends Stretch {
  /** The start of the run. */
  origin: number;
  /** How many there is room for. */
  most: number;
}

/** Round moments for the ruler, counted from the start of the run. */
export function ticksOf(scale: Scale, { from, to, origin, most }: Marks): { at: number; ms: number }[] {
  const wanted = (to - from) / most;
  const steps = [...STEPS_MS, ...STEPS_S.map((seconds) => seconds * 1000)];
  const step = steps.find((each) => each >= wanted) ?? 86_400_000 * Math.ceil(wanted / 86_400_000);
  const ticks: { at: number; ms: number }[] = [];
  for (let ms = Math.ceil((from - origin) / step) * step; ms <= to - origin; ms += step) {
    const at = scale.at(origin + ms);
    const isFolded = scale.folds.some((fold) => origin + ms > fold.from && origin + ms < fold.to);
    if (!isFolded && at - (ticks.at(-1)?.at ?? -1) > LEAST_GAP / most) ticks.push({ at, ms });
  }
  return ticks;
}

/**
 * On which side of its mark a label stands: after it, or before it where it would be cut, if the mark before leaves room
 * for both labels. Past `room` there is less of the line left than a label takes.
 */
export function sideOf(at: number, before: number | undefined, room: number): 'after' | 'before' | 'none' {
  if (at <= room) return 'after';
  return at - (before ?? 0) > 2 * (1 - room) ? 'before' : 'none';
}
