import { type Duration, Fault, makeDuration } from './values.ts';

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
const PART = /(\d{1,15}(?:\.\d{1,9})?)(h|ms|us|ns|m|s)/y;
const MS_OF: ReadonlyMap<string, number> = new Map([
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
  ['us', 0.001],
  ['ns', 0.000_001],
]);

/** RFC 3339, as CEL asks; kept to the millisecond. */
export function parseTimestamp(text: string): Date {
  if (text.length <= 40 && TIMESTAMP.test(text)) {
    const date = new Date(text);
    if (Number.isFinite(date.getTime())) return date;
  }
  throw new Fault('bad-argument', 'timestamp() needs a text such as 2026-01-31T12:00:00Z.');
}

/** `1h30m`, `-2.5s`, `250ms`. */
export function parseDuration(text: string): Duration {
  const sign = text.startsWith('-') ? -1 : 1;
  let at = sign < 0 ? 1 : 0;
  let ms = 0;
  if (text.length > 64 || at === text.length) throw badDuration();
  while (at < text.length) {
    PART.lastIndex = at;
    const match = PART.exec(text);
    if (!match) throw badDuration();
    ms += Number(match[1]) * (MS_OF.get(match[2] ?? '') ?? 0);
    at = PART.lastIndex;
  }
  return makeDuration(sign * ms);
}

function badDuration(): Fault {
  return new Fault('bad-argument', 'duration() needs a text such as 1h30m, 90s or 250ms.');
}
