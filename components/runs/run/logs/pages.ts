import type { Answer } from '../../../data/index.ts';

export type LogLine = Answer<'runs.logs'>['logs'][number];

export const PAGE = 1000;
/** What is held at once; what scrolls out at one end is read again when somebody comes back. */
export const MAX_PAGES = 20;

/** Where a page begins, and which way it is read. */
export interface Place {
  order: 'asc' | 'desc';
  /** Behind this line; left out: from the very start or end. */
  beyond?: string;
}

type Named = Pick<LogLine, 'stage' | 'epoch' | 'line'>;

export const lineKey = ({ stage, epoch, line }: Named): string => `${stage}.${epoch}.${line}`;

const LAST_LINE = 999_999_999;

/** From where a page has to be read that begins with this line. What is no line begins at the start. */
export function placeBefore(key: string): Place {
  if (!/^\d{1,5}\.\d{1,9}\.\d{1,9}$/.test(key)) return { order: 'asc' };
  const [stage = 0, epoch = 0, line = 0] = key.split('.').map(Number);
  if (line > 0) return { order: 'asc', beyond: `${stage}.${epoch}.${line - 1}` };
  return { order: 'asc', beyond: `${stage}.${Math.max(0, epoch - 1)}.${LAST_LINE}` };
}

/** The page after this one. One that is not full is the last, until it is read again; read from behind, it is the first. */
export function stepOn(page: readonly LogLine[], { order }: Place): Place | undefined {
  const last = page.at(-1);
  const mayGoOn = order === 'desc' || page.length >= PAGE;
  return last && mayGoOn ? { order: 'asc', beyond: lineKey(last) } : undefined;
}

/** The page before this one, which came from that place. */
export function stepBack(page: readonly LogLine[], { order, beyond }: Place): Place | undefined {
  const [first] = page;
  const isStart = order === 'asc' ? beyond === undefined : page.length < PAGE;
  return first && !isStart ? { order: 'desc', beyond: lineKey(first) } : undefined;
}

/** The line that was first in sight, and how far down it lay. */
export interface Seen {
  key: string;
  px: number;
}

/** How much further down it lies now that lines have come in above it, or gone from there: wrapped ones are as tall as they are. */
export function shiftOf(
  seen: Seen | undefined,
  after: readonly Named[],
  topOf: (index: number) => number | undefined,
): number {
  if (seen === undefined) return 0;
  const at = after.findIndex((line) => lineKey(line) === seen.key);
  return at === -1 ? 0 : (topOf(at) ?? seen.px) - seen.px;
}
