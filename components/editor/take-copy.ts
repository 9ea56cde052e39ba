import type { Editor } from './context.ts';

/**
 * What a copy is of: words that somebody has marked, else what is selected. What is cut is what was copied: whoever has
 * marked words beside the canvas keeps the stage.
 */
export function takeCopy(
  { store, copied }: Pick<Editor, 'store' | 'copied'>,
  { marked, isCut }: { marked: string; isCut: boolean },
): string | null {
  if (marked !== '') return marked;
  const text = store.copy();
  if (text !== null) copied.set(text);
  if (isCut) store.remove();
  return text;
}
