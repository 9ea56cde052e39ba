import type { Answer } from '../data/index.ts';
import type { ChartStretch } from '../ui/chart/index.ts';
import { formatDuration } from '../ui/format.ts';
import { LOCALE } from '../ui/language.ts';
import { offsetName } from '../ui/zone.ts';
import { words } from './words.ts';

type Overview = Answer<'analytics.overview'>;
export type Spread = Overview['runs']['duration'];
export type Share = Overview['runs']['success'];

const WHOLE = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const TENTHS = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const SHORT = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });

export const formatCount = (value: number): string => WHOLE.format(value);
export const formatRate = (value: number): string => SHORT.format(value);
export const formatMs = (value: number | null): string =>
  value === null ? words.figures.none : formatDuration(value);

/** A share that is not whole is never shown as if it were. */
export const formatShare = (value: number | null): string => sayShare(value, SHORT);

/** In a column all that are not whole have tenths: they stand below each other. */
export const formatShareBelow = (value: number | null): string =>
  sayShare(value, value === 0 || value === 1 ? WHOLE : TENTHS);

function sayShare(value: number | null, { format }: Intl.NumberFormat): string {
  if (value === null) return words.figures.none;
  const percent = value * 100;
  const shown = percent > 99.9 && percent < 100 ? 99.9 : percent > 0 && percent < 0.1 ? 0.1 : percent;
  return `${format(shown)} %`;
}

export interface Change {
  text: string;
  /** Whether it is for the better; undefined: neither. */
  isBetter?: boolean;
}

/** How a duration has changed, as a share of what it was. Each of the two may be 4 % off: what that explains is no change. */
export const changeOfMs = (now: number | null, before: number | null): Change =>
  sayChange(ratioOf(now, before), { noise: 0.09, lessIsBetter: true });

/** How a number has changed; whether more is better is not for us to say, unless we are told. */
export const changeOfCount = (now: number, before: number, lessIsBetter?: boolean): Change =>
  sayChange(ratioOf(now, before), { noise: 0.005, lessIsBetter });

const ratioOf = (now: number | null, before: number | null): number | null =>
  now === null || before === null || before === 0 ? null : now / before - 1;

function sayChange(
  share: number | null,
  { noise, lessIsBetter }: { noise: number; lessIsBetter: boolean | undefined },
): Change {
  if (share === null) return { text: words.change.none };
  if (Math.abs(share) < noise) return { text: words.change.same };
  const by = `${formatCount(Math.abs(share) * 100)} %`;
  const text = share > 0 ? words.change.more(by) : words.change.less(by);
  return lessIsBetter === undefined ? { text } : { text, isBetter: share < 0 === lessIsBetter };
}

/** How a share has changed, in points. */
export function changeOfShare(now: Share, before: Share, lessIsBetter = false): Change {
  if (now.value === null || before.value === null) return { text: words.change.none };
  const points = (now.value - before.value) * 100;
  if (Math.abs(points) < 0.05) return { text: words.change.same };
  const by = words.change.points(formatRate(Math.abs(points)));
  return {
    text: points > 0 ? words.change.more(by) : words.change.less(by),
    isBetter: points < 0 === lessIsBetter,
  };
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface Clock {
  formatStretch(stretch: ChartStretch): string;
  /** Below an axis: the time, or where a day begins, the day. */
  tickFormat(widthMs: number | null): (at: number) => string;
}

/** Moments as a zone tells them; none: that of whoever looks. */
export function createClock(zone: string | undefined): Clock {
  const day = new Intl.DateTimeFormat(LOCALE, { timeZone: zone, day: '2-digit', month: 'short' });
  const time = new Intl.DateTimeFormat(LOCALE, { timeZone: zone, hour: '2-digit', minute: '2-digit' });
  const told = (at: number) => `${day.format(at)}, ${time.format(at)}`;

  /** Where clocks are put back an hour comes twice (in one zone half an hour does): it is told which of the two it is. */
  const comesTwice = (at: number) =>
    [-HOUR_MS, -HOUR_MS / 2, HOUR_MS / 2, HOUR_MS].some((shift) => told(at + shift) === told(at));
  const timeOf = (at: number) =>
    comesTwice(at) ? `${time.format(at)} ${offsetName(zone, at)}` : time.format(at);

  return {
    formatStretch({ from, to }) {
      const isDay = to - from >= DAY_MS - HOUR_MS && time.format(from) === '00:00';
      if (isDay)
        return to - from > 1.5 * DAY_MS ? `${day.format(from)} – ${day.format(to - 1)}` : day.format(from);
      const end = day.format(from) === day.format(to) ? timeOf(to) : `${day.format(to)}, ${timeOf(to)}`;
      return `${day.format(from)}, ${timeOf(from)} – ${end}`;
    },
    tickFormat: (widthMs) => (at) =>
      widthMs === null || widthMs >= DAY_MS / 2 || time.format(at) === '00:00' ? day.format(at) : timeOf(at),
  };
}

export const stretchOf = ({ from, to }: { from: string; to: string }): ChartStretch => ({
  from: Date.parse(from),
  to: Date.parse(to),
});

/** As addresses have it. */
export const endsOf = ({ from, to }: ChartStretch): { from: string; to: string } => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
});
