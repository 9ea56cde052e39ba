'use client';

import { useSyncExternalStore } from 'react';

/** Kept by the browser: whoever compares with the clock of another system does so all day. */
const KEPT = 'signalbox-tells-moments';
const CHANGED = 'signalbox-tells-moments-changed';

function tellsMoments(): boolean {
  try {
    return localStorage.getItem(KEPT) === 'yes';
  } catch {
    return false;
  }
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener(CHANGED, onChange);
  return () => window.removeEventListener(CHANGED, onChange);
}

/**
 * Every time of the page as the moment itself with its zone, instead of how long ago that was. One switch for all of them: a
 * stop of the tab key at each would make lists endless, and a finger rests on nothing.
 */
export const useTellsMoments = (): boolean => useSyncExternalStore(subscribe, tellsMoments, () => false);

export function switchToldTimes(): void {
  try {
    localStorage.setItem(KEPT, tellsMoments() ? 'no' : 'yes');
  } catch {
    // A browser that keeps nothing goes on telling how long ago.
  }
  window.dispatchEvent(new Event(CHANGED));
}
