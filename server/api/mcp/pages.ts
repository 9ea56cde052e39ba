import type { Cursors } from '#server/services/cursors.ts';

const PAGE = 100;

export interface Paging<Item> {
  cursors: Cursors;
  /** Which list of which address: a cursor of another one is refused. */
  list: string;
  cursor: string | undefined;
  nameOf(item: Item): string;
}

/**
 * Lists of the protocol go on after the name of what came last: names do not move when others come and go. Where it has
 * gone itself, they go on where it stood.
 */
export function pageOf<Item>(
  items: readonly Item[],
  { cursors, list, cursor, nameOf }: Paging<Item>,
): { items: Item[]; nextCursor?: string } {
  const from = cursor === undefined ? 0 : placeAfter(items.map(nameOf), cursors.open(list, cursor));
  const end = from + PAGE;
  const shown = items.slice(from, end);
  const last = shown.at(-1);
  return last !== undefined && end < items.length
    ? { items: shown, nextCursor: cursors.seal(list, [nameOf(last), String(end - 1)]) }
    : { items: shown };
}

function placeAfter(names: readonly string[], [name = '', stoodAt]: readonly string[]): number {
  const at = names.indexOf(name);
  return at === -1 ? Number(stoodAt) : at + 1;
}
