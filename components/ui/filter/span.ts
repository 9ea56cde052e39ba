import { formatDuration } from '../format.ts';
import { words } from './words.ts';

/** A span of durations as one text, in milliseconds: `1000~5000`, `~5000`, `1000~`. */
export interface Span {
  minMs: number | undefined;
  maxMs: number | undefined;
}

const SPAN = /^(\d{1,12})?~(\d{1,12})?$/;

export function readSpan(text: string): Span | undefined {
  const found = SPAN.exec(text);
  if (!found || text === '~') return undefined;
  const [, min, max] = found;
  return {
    minMs: min === undefined ? undefined : Number(min),
    maxMs: max === undefined ? undefined : Number(max),
  };
}

export const writeSpan = ({ minMs, maxMs }: Span): string =>
  minMs === undefined && maxMs === undefined ? '' : `${minMs ?? ''}~${maxMs ?? ''}`;

export function saySpan(text: string): string {
  const span = readSpan(text);
  if (!span) return words.anySpan;
  const { minMs, maxMs } = span;
  if (minMs === undefined) return words.under(formatDuration(maxMs ?? 0));
  return maxMs === undefined
    ? words.atLeast(formatDuration(minMs))
    : `${formatDuration(minMs)} – ${formatDuration(maxMs)}`;
}

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };

/** What people type: `90`, `1.5 min`, `2h`. A number alone is seconds. */
export function parseDuration(text: string): number | undefined {
  const found = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|min|h)?\s*$/.exec(text);
  if (!found) return undefined;
  return Math.round(Number(found[1]) * (UNIT_MS[found[2] ?? 's'] ?? 1000));
}

/** The same back, in the unit that needs no fraction. */
export function typeDuration(ms: number | undefined): string {
  if (ms === undefined) return '';
  const unit = ['h', 'min', 's', 'ms'].find((each) => ms % (UNIT_MS[each] ?? 1) === 0) ?? 'ms';
  return ms === 0 ? '0 s' : `${ms / (UNIT_MS[unit] ?? 1)} ${unit}`;
}
