import {
  and,
  asc,
  type Column,
  desc,
  eq,
  gt,
  ilike,
  lt,
  or,
  type SQL,
  type SQLWrapper,
  sql,
} from 'drizzle-orm';
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

/** `rows` holds one more than the page, if there is one. `rest`: from where to go on all the same, if there may be more. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  {
    limit,
    cursors,
    list,
    rest = null,
  }: { limit: number; cursors: Cursors; list: string; rest?: readonly string[] | null },
  { placeOf, toItems }: { placeOf(row: Row): readonly string[]; toItems(row: Row): Item | readonly Item[] },
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last ? placeOf(last) : rest;
  const nextCursor = next && cursors.seal(list, next);
  return { items: shown.flatMap(toItems), nextCursor };
}

/** Of lists that were answered whole before they had pages: whoever asks for no pages gets as much as ever. */
export const wholePageFields = { ...pageFields, limit: z.int().min(1).max(1000).default(1000) };

export type Order = 'asc' | 'desc';
export const orderField = z.enum(['asc', 'desc']);

/** How a table is walked: by what it is sorted, written so that a cursor can hold it, then by its id. */
export interface Walk {
  place: SQL<string>;
  id: SQL<string>;
  order: Order;
}

export const inOrder = ({ place, id, order }: Walk): SQL[] => {
  const direction = order === 'asc' ? asc : desc;
  return [direction(place), direction(id)];
};

/** `after` is what the cursor held: the place and the id of the last row of the page before. */
export function beyond({ place, id, order }: Walk, after: readonly string[] | undefined): SQL | undefined {
  if (!after) return undefined;
  const [lastPlace = '', lastId = ''] = after;
  const isBeyond = order === 'asc' ? gt : lt;
  return or(isBeyond(place, lastPlace), and(eq(place, lastPlace), isBeyond(id, lastId)));
}

/** One of the columns has this in it, in any case. */
export function containing(part: string | undefined, columns: readonly Column[]): SQL | undefined {
  if (part === undefined) return undefined;
  const pattern = `%${part.replace(/[\\%_]/g, '\\$&')}%`;
  return or(...columns.map((column) => ilike(column, pattern)));
}

/** A time as text that sorts as it does, to the last digit. A row without one comes before all others. */
export const sortableTime = (column: SQLWrapper): SQL<string> =>
  sql`coalesce(to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), '')`;

/**
 * A page of what is whole in memory, because it cannot be paged where it comes from and is bounded: agents, queues.
 * `placeOf` says what an item is sorted by, and its id.
 */
export function pageOf<Item>(
  items: readonly Item[],
  {
    limit,
    cursor,
    cursors,
    list,
    order = 'asc',
  }: { limit: number; cursor?: string | undefined; cursors: Cursors; list: string; order?: Order },
  placeOf: (item: Item) => readonly [string | number, string],
): Page<Item> {
  const [held] = cursor === undefined ? [] : cursors.open(list, cursor);
  const after = held === undefined ? undefined : (JSON.parse(held) as [string | number, string]);
  const sign = order === 'asc' ? 1 : -1;
  const rows = items
    .map((item) => ({ item, place: placeOf(item) }))
    .sort((one, other) => sign * comparePlaces(one.place, other.place))
    .filter(({ place }) => after === undefined || sign * comparePlaces(place, after) > 0);
  return toPage(
    rows,
    { limit, cursors, list },
    { placeOf: ({ place }) => [JSON.stringify(place)], toItems: ({ item }) => [item] },
  );
}

function comparePlaces(
  [one, id]: readonly [string | number, string],
  [other, otherId]: readonly [string | number, string],
): number {
  if (one !== other) return one < other ? -1 : 1;
  if (id === otherId) return 0;
  return id < otherId ? -1 : 1;
}
