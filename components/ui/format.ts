import { LOCALE } from './language.ts';
import { words } from './words.ts';

const { durations, ages, ahead } = words;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const two = (part: number): string => String(part).padStart(2, '0');

/** 950 ms, 4.2 s, 1 min 05 s, 3 h 12 min, 2 d 4 h. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < 1000) return durations.ms(whole);
  if (whole < MINUTE_MS) return durations.seconds((Math.floor(whole / 100) / 10).toFixed(1));
  if (whole < HOUR_MS)
    return durations.minutes(Math.floor(whole / MINUTE_MS), two(Math.floor((whole % MINUTE_MS) / 1000)));
  if (whole < DAY_MS)
    return durations.hours(Math.floor(whole / HOUR_MS), two(Math.floor((whole % HOUR_MS) / MINUTE_MS)));
  return durations.days(Math.floor(whole / DAY_MS), Math.floor((whole % DAY_MS) / HOUR_MS));
}

/** The same of what still goes on: whole seconds, as tenths that change are a flicker. */
export const formatSeconds = (ms: number): string =>
  ms < MINUTE_MS ? durations.seconds(Math.max(0, Math.floor(ms / 1000))) : formatDuration(ms);

/** In the coarsest unit that still tells something. A clock that runs behind ours is not in the future. */
export function formatAge(ms: number): string {
  if (ms < 10_000) return ages.now;
  if (ms < MINUTE_MS) return ages.seconds(Math.floor(ms / 1000));
  if (ms < HOUR_MS) return ages.minutes(Math.floor(ms / MINUTE_MS));
  if (ms < DAY_MS) return ages.hours(Math.floor(ms / HOUR_MS));
  return ages.days(Math.floor(ms / DAY_MS));
}

/** How long until then, in the coarsest unit that still tells something. */
export function formatAhead(ms: number): string {
  if (ms <= 0) return ahead.now;
  if (ms < MINUTE_MS) return ahead.seconds(Math.ceil(ms / 1000));
  if (ms < HOUR_MS) return ahead.minutes(Math.floor(ms / MINUTE_MS));
  if (ms < DAY_MS) return ahead.hours(Math.floor(ms / HOUR_MS));
  return ahead.days(Math.floor(ms / DAY_MS));
}

/** Making one takes as long as thousands of uses, so each is made when it is first wanted, and once. */
const momentFormats = new Map<string | undefined, Intl.DateTimeFormat>();
function momentFormat(timeZone: string | undefined): Intl.DateTimeFormat {
  const known = momentFormats.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat(LOCALE, {
    ...{ timeZone, year: 'numeric', month: 'short', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
    timeZoneName: 'short',
  });
  momentFormats.set(timeZone, made);
  return made;
}

/** The moment itself, with the zone it is told in; without one it is that of whoever looks. */
export function formatMoment(at: string, zone?: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  return momentFormat(zone).format(date);
}

let clockFormat: Intl.DateTimeFormat | undefined;
/** 11:29:15.649, by the clock of whoever looks. */
export function formatClock(at: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  clockFormat ??= new Intl.DateTimeFormat(LOCALE, {
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
    fractionalSecondDigits: 3,
  });
  return clockFormat.format(date);
}

/** A round one, as a ruler has them: 2 s, 1 min, 1 min 30 s. */
export const formatRound = (ms: number): string =>
  formatDuration(ms).replace(/\.0(?= s$)| 00? (s|min|h)$/, '');

const COUNT = new Intl.NumberFormat(LOCALE);
/** 12,000. */
export const formatCount = (count: number): string => COUNT.format(count);

const TURNING = /[\u202a-\u202e\u2066-\u2069]/;

/** A name within a sentence: where it turns the direction of writing, our words around it keep theirs. */
export const quoted = (name: string): string => (TURNING.test(name) ? `\u2068${name}\u2069` : name);

/** A word by the number that it stands with; languages have up to six forms, and all of them the last. */
export type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

const RULES = new Intl.PluralRules(LOCALE);
export const formFor = (count: number, forms: Forms): string => forms[RULES.select(count)] ?? forms.other;

/** 1 stage, 3 stages. */
export const counted = (count: number, forms: Forms): string =>
  `${formatCount(count)} ${formFor(count, forms)}`;

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];
export function formatBytes(bytes: number): string {
  let size = Math.max(0, bytes);
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}
