import { counted, type Forms, formatCount } from '../format.ts';

const UNITS: Record<string, Forms & { one: string }> = {
  m: { one: 'minute', other: 'minutes' },
  h: { one: 'hour', other: 'hours' },
  d: { one: 'day', other: 'days' },
};

/** What people read where they narrow a list. */
export const words = {
  filters: 'Filters',
  filter: 'Filter',
  clear: 'Clear',
  remove: (filter: string) => `Remove the filter ${filter}`,
  findIn: (filter: string) => `Find in ${filter}`,
  find: 'Find',
  cut: (count: number) =>
    `These are the first ${formatCount(count)}. The others are narrowed to from their own pages.`,
  notFound: 'Nothing is called that.',
  least: 'At least',
  leastExample: '30 s',
  less: 'Less than',
  lessExample: '5 min',
  noDuration: 'Such as 90 s, 1.5 min or 2 h.',
  apply: 'Apply',
  back: 'Back from now',
  from: 'From',
  to: 'To',
  timeZone: 'Time zone',
  ownZone: (zone: string) => `${zone} · yours`,
  zone: (zone: string) => `Times of ${zone}.`,
  backwards: 'It ends before it begins.',
  range: 'Range of time',
  /** The last minutes, hours or days. */
  last: (count: number, unit: string) => {
    const forms = UNITS[unit] ?? { one: '', other: '' };
    return count === 1 ? `last ${forms.one}` : `last ${counted(count, forms)}`;
  },
  before: (moment: string) => `before ${moment}`,
  since: (moment: string) => `since ${moment}`,
  never: 'never',
  anySpan: 'any',
  under: (duration: string) => `under ${duration}`,
  atLeast: (duration: string) => `at least ${duration}`,
} as const;
