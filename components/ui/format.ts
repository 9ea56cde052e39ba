const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const two = (part: number): string => String(part).padStart(2, '0');

/** 950 ms, 4.2 s, 1 min 05 s, 3 h 12 min, 2 d 4 h. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < 1000) return `${whole} ms`;
  if (whole < MINUTE_MS) return `${(Math.floor(whole / 100) / 10).toFixed(1)} s`;
  if (whole < HOUR_MS)
    return `${Math.floor(whole / MINUTE_MS)} min ${two(Math.floor((whole % MINUTE_MS) / 1000))} s`;
  if (whole < DAY_MS)
    return `${Math.floor(whole / HOUR_MS)} h ${two(Math.floor((whole % HOUR_MS) / MINUTE_MS))} min`;
  return `${Math.floor(whole / DAY_MS)} d ${Math.floor((whole % DAY_MS) / HOUR_MS)} h`;
}

/** The same of what still goes on: whole seconds, as tenths that change are a flicker. */
export const formatSeconds = (ms: number): string =>
  ms < MINUTE_MS ? `${Math.max(0, Math.floor(ms / 1000))} s` : formatDuration(ms);

/** In the coarsest unit that still tells something. A clock that runs behind ours is not in the future. */
export function formatAge(ms: number): string {
  if (ms < 10_000) return 'just now';
  if (ms < MINUTE_MS) return `${Math.floor(ms / 1000)} s ago`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min ago`;
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)} h ago`;
  return `${Math.floor(ms / DAY_MS)} d ago`;
}

/** How long until then, in the coarsest unit that still tells something. */
export function formatAhead(ms: number): string {
  if (ms <= 0) return 'now';
  if (ms < MINUTE_MS) return `in ${Math.ceil(ms / 1000)} s`;
  if (ms < HOUR_MS) return `in ${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) return `in ${Math.floor(ms / HOUR_MS)} h`;
  return `in ${Math.floor(ms / DAY_MS)} d`;
}

const momentFormat = (timeZone?: string) =>
  new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, year: 'numeric', month: 'short', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
    timeZoneName: 'short',
  });
const MOMENT = momentFormat();

/** The moment itself, with the zone it is told in; without one it is that of whoever looks. */
export function formatMoment(at: string, zone?: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  return (zone === undefined ? MOMENT : momentFormat(zone)).format(date);
}

const TIME = new Intl.DateTimeFormat('en-GB', {
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  fractionalSecondDigits: 3,
});
/** 11:29:15.649, by the clock of whoever looks. */
export function formatClock(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? at : TIME.format(date);
}

/** A round one, as a ruler has them: 2 s, 1 min, 1 min 30 s. */
export const formatRound = (ms: number): string =>
  formatDuration(ms).replace(/\.0(?= s$)| 00? (s|min|h)$/, '');

const COUNT = new Intl.NumberFormat('en-GB');
/** 12,000. */
export const formatCount = (count: number): string => COUNT.format(count);

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
