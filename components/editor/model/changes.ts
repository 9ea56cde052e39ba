import type { EditorDocument } from './document.ts';

type ListName = 'stages' | 'dependencies' | 'notes' | 'groups';

/** One step that knows both its sides, so that its inverse needs no look at the document. */
export type Change =
  | { [Name in ListName]: ItemChange<Name, EditorDocument[Name][number]> }[ListName]
  | { list: 'settings'; before: EditorDocument['settings']; after: EditorDocument['settings'] }
  /** All of it, as when a text is taken over. */
  | { list: 'document'; before: EditorDocument; after: EditorDocument };

/** Without `before` it is put in at that place, without `after` it is taken out. */
export interface ItemChange<Name extends ListName, Item> {
  list: Name;
  at: number;
  before?: Item;
  after?: Item;
}

/** What one gesture does. It can be taken back as one. */
export interface Edit {
  /** As the undo button names it: "Move 3 stages". */
  label: string;
  changes: readonly Change[];
  /** Edits of one burst, such as the letters of a name, are one entry of the history. */
  burst?: string;
  /** Of how it is looked at, such as a group that is folded: for whoever may only look as well. */
  isOfLooks?: boolean;
  /** What is selected afterwards. */
  select?: readonly string[];
}

export function applyChanges(document: EditorDocument, changes: readonly Change[]): EditorDocument {
  let current = document;
  // Each list is copied once, however many of its items change.
  const copies = new Map<ListName, unknown[]>();
  for (const change of changes) {
    if (change.list === 'document') {
      current = change.after;
      copies.clear();
    } else if (change.list === 'settings') {
      current = { ...current, settings: change.after };
    } else {
      let copy = copies.get(change.list);
      if (!copy) {
        copy = [...current[change.list]];
        copies.set(change.list, copy);
        current = { ...current, [change.list]: copy };
      }
      const isThere = change.before !== undefined ? 1 : 0;
      if (change.after === undefined) copy.splice(change.at, isThere);
      else copy.splice(change.at, isThere, change.after);
    }
  }
  return current;
}

export function invert(changes: readonly Change[]): Change[] {
  return changes.map(invertOne).reverse();
}

function invertOne(change: Change): Change {
  const { before, after, ...rest } = change;
  return {
    ...rest,
    ...(after === undefined ? {} : { before: after }),
    ...(before === undefined ? {} : { after: before }),
  } as Change;
}

/** The changes of two edits in a row as those of one: what was changed twice keeps its first and its last side. */
export function join(first: readonly Change[], second: readonly Change[]): Change[] {
  const joined = [...first];
  for (const change of second) {
    const last = joined.findIndex((known) => isSamePlace(known, change));
    const known = joined[last];
    if (known) joined[last] = { ...known, after: change.after } as Change;
    else joined.push(change);
  }
  return joined;
}

/** Only for items that stay where they are: putting in and taking out moves all that follow. */
function isSamePlace(one: Change, other: Change): boolean {
  if (one.list !== other.list) return false;
  if (one.list === 'document' || other.list === 'document') return true;
  if (one.list === 'settings' || other.list === 'settings') return true;
  return one.at === other.at && isReplacement(one) && isReplacement(other);
}

const isReplacement = ({ before, after }: { before?: unknown; after?: unknown }): boolean =>
  before !== undefined && after !== undefined;
