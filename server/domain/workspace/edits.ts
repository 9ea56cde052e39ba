/** One exact edit: the text that is there, and the text that takes its place. */
export interface Edit {
  old: string;
  new: string;
  /** Every place; left out, the text must be there once. */
  all?: boolean | undefined;
}

export const MAX_EDITS = 100;

export type Edited = { ok: true; text: string } | { ok: false; at: number; problem: string };

/** Each edit sees what the ones before it made. All or nothing. */
export function applyEdits(text: string, edits: readonly Edit[]): Edited {
  let current = text;
  for (const [at, edit] of edits.entries()) {
    if (edit.old === '') return { ok: false, at, problem: 'names no text to replace' };
    const places = countPlaces(current, edit.old);
    if (places === 0) return { ok: false, at, problem: 'names a text that is not in the file' };
    if (places > 1 && edit.all !== true)
      return { ok: false, at, problem: `names a text that is in the file ${places} times` };
    // By function: a replacement text would have characters of its own meaning.
    current = current.replaceAll(edit.old, () => edit.new);
  }
  return { ok: true, text: current };
}

function countPlaces(text: string, wanted: string): number {
  let places = 0;
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) places += 1;
  return places;
}
