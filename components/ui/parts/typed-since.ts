'use client';

import { useState } from 'react';

export interface Typed {
  isOpen: boolean;
  text: string;
}

/** What was typed, once it has been seen whether it is open: whoever opens it, maybe for something else, begins with nothing. */
export const seen = (typed: Typed, isOpen: boolean): Typed =>
  typed.isOpen === isOpen ? typed : { isOpen, text: isOpen ? '' : typed.text };

/** What has been typed since it was opened. */
export function useTypedSince(isOpen: boolean): [text: string, type: (text: string) => void] {
  const [last, setLast] = useState<Typed>({ isOpen, text: '' });
  const typed = seen(last, isOpen);
  if (typed !== last) setLast(typed);
  return [typed.text, (text) => setLast({ isOpen, text })];
}
