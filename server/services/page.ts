import { z } from 'zod';
import type { Cursors } from './cursors.ts';

/** Lists go from one place to the next: pages neither skip nor repeat when rows are added meanwhile. */
export const pageFields = {
  limit: z.int().min(1).max(200).default(50),
  /** The `nextCursor` of the page before. */
  cursor: z.string().max(1024).optional(),
};

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** `rows` holds one more than the page, if there is one. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  { limit, cursors, list }: { limit: number; cursors: Cursors; list: string },
  { placeOf, toItems }: { placeOf(row: Row): readonly string[]; toItems(row: Row): Item | readonly Item[] },
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = rows.length > limit && last ? cursors.seal(list, placeOf(last)) : null;
  return { items: shown.flatMap(toItems), nextCursor };
}
