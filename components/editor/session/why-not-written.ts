import { words } from '../words.ts';
import type { SaveState } from './autosave.ts';

/** What keeps a draft from being published that could not be written just now. */
export function whyNotWritten(state: SaveState): { message: string; advice: string } {
  if (state.phase === 'conflict') return words.unpublished.conflict;
  return words.unpublished.unsaved(state.phase === 'unsaved' ? state.message : undefined);
}
