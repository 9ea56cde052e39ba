import { z } from 'zod';

/** Lists go from one id to the next: pages neither skip nor repeat when rows are added meanwhile. */
export const pageFields = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** The `nextCursor` of the page before. */
  cursor: z.string().max(64).optional(),
};

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** `rows` holds one more than the page, if there is one. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  { idOf, toItem }: { idOf(row: Row): string; toItem(row: Row): Item },
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(toItem), nextCursor: rows.length > limit && last ? idOf(last) : null };
}
