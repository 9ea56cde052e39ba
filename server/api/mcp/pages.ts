import { invalidParams } from './errors.ts';

const PAGE = 100;

/** Lists of the protocol go on by the name of what came last: names do not move when others come and go. */
export function pageOf<Item>(
  items: readonly Item[],
  cursor: string | undefined,
  nameOf: (item: Item) => string,
): { items: Item[]; nextCursor?: string } {
  const at = cursor === undefined ? 0 : items.findIndex((item) => seal(nameOf(item)) === cursor) + 1;
  if (cursor !== undefined && at === 0) {
    throw invalidParams('The cursor is none of this list. Begin with the first page.');
  }
  const shown = items.slice(at, at + PAGE);
  const last = shown.at(-1);
  return last !== undefined && at + PAGE < items.length
    ? { items: shown, nextCursor: seal(nameOf(last)) }
    : { items: shown };
}

const seal = (name: string): string => Buffer.from(name).toString('base64url');
