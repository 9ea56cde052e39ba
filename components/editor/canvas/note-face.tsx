import type { NoteItem } from '../model/document.ts';
import { words } from '../words.ts';

const TONES: Record<NoteItem['tone'], string> = {
  warn: 'bg-warn-soft border-warn-fill/40',
  busy: 'bg-busy-soft border-busy-fill/40',
  good: 'bg-good-soft border-good-fill/40',
  hold: 'bg-hold-soft border-hold-fill/40',
  idle: 'bg-idle-soft border-idle-fill/40',
};

export const looksOfNote = ({ tone }: NoteItem, selected: boolean): string =>
  `size-full overflow-hidden rounded-md border p-2.5 text-sm text-text ${TONES[tone]} ${selected ? 'ring-2 ring-accent/50' : ''}`;

/** Plain text: what somebody pasted into it is shown, never run. */
export function NoteText({ text }: NoteItem) {
  return (
    <p className={`whitespace-pre-wrap wrap-anywhere ${text === '' ? 'text-quiet' : ''}`}>
      {text || words.doubleClickToWrite}
    </p>
  );
}
