import { useState } from 'react';
import { keepListed } from './keep-listed.ts';

/** The runs that are ticked. One that the list no longer shows is ticked no more: nobody acts on what they do not see. */
export function useSelection(rows: readonly { id: string }[] | undefined) {
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const selected = keepListed(ticked, rows ?? []);
  if (selected !== ticked) setTicked(selected);
  return [selected, setTicked] as const;
}
