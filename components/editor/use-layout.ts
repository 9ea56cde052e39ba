import { parseAsBoolean, parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { useEffect } from 'react';
import type { Editor } from './context.ts';

const SIDES = ['add', 'outline'] as const;

/** What is open beside the canvas. It stands in the address, so a reload shows the same. */
export interface EditorLayout {
  side: (typeof SIDES)[number];
  showSide(side: (typeof SIDES)[number]): void;
  isText: boolean;
  showText(isShown: boolean): void;
}

export function useLayout(): EditorLayout {
  const [side, setSide] = useQueryState('side', parseAsStringLiteral(SIDES).withDefault('add'));
  const [isText, setText] = useQueryState('yaml', parseAsBoolean.withDefault(false));
  return {
    side,
    showSide: (next) => void setSide(next),
    isText,
    showText: (isShown) => void setText(isShown),
  };
}

/** The run that is drawn over the canvas. */
export function useFollowed(): [string | null, (runId: string | null) => void] {
  const [runId, setRunId] = useQueryState('run', parseAsString);
  return [runId, (next) => void setRunId(next)];
}

/** What is selected is selected again after a reload. Several things are not worth an address. */
export function useSelectionInAddress({ store }: Editor): void {
  const [at, setAt] = useQueryState('at', parseAsString);
  // biome-ignore lint/correctness/useExhaustiveDependencies: read once; from then on the canvas leads
  useEffect(() => {
    if (at !== null) store.select([at]);
    return store.subscribe(() => {
      const { selection } = store.get();
      const [only] = selection;
      void setAt(selection.size === 1 && only !== undefined ? only : null);
    });
  }, [store]);
}
