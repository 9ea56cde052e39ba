'use client';

import { type NodeProps, NodeResizer } from '@xyflow/react';
import { memo, useState } from 'react';
import { useEditor } from '../context.ts';
import type { NoteItem } from '../model/document.ts';
import { changeNote } from '../model/edits/extras.ts';
import { words } from '../words.ts';
import type { NoteNode as NoteNodeType } from './to-flow.ts';

const TONES: Record<NoteItem['tone'], string> = {
  warn: 'bg-warn-soft border-warn-fill/40',
  busy: 'bg-busy-soft border-busy-fill/40',
  good: 'bg-good-soft border-good-fill/40',
  hold: 'bg-hold-soft border-hold-fill/40',
  idle: 'bg-idle-soft border-idle-fill/40',
};

/** Plain text: what somebody pasted into it is shown, never run. A double click writes in it. */
export const NoteNode = memo(function NoteNode({ data: { note }, selected }: NodeProps<NoteNodeType>) {
  const { store, isReadOnly } = useEditor();
  const [isWriting, setWriting] = useState(false);
  const write = (change: Partial<NoteItem>) => {
    store.perform(changeNote(store.get().document, note.id, change));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: its text can be written in the side panel too
    <div
      className={`size-full overflow-hidden rounded-md border p-2.5 text-sm text-text ${TONES[note.tone]} ${selected ? 'ring-2 ring-accent/50' : ''}`}
      onDoubleClick={() => setWriting(!isReadOnly)}
    >
      <NodeResizer
        isVisible={selected && !isReadOnly}
        minWidth={80}
        minHeight={40}
        color="var(--accent)"
        onResizeEnd={(_, { x, y, width, height }) => {
          const round = Math.round;
          store.seal();
          write({ x: round(x), y: round(y), width: round(width), height: round(height) });
          store.seal();
        }}
      />
      {isWriting ? (
        <textarea
          aria-label={words.textOfTheNote}
          className="nodrag nowheel size-full resize-none bg-transparent outline-none"
          // biome-ignore lint/a11y/noAutofocus: it opens because somebody wants to write in it
          autoFocus
          maxLength={4_000}
          value={note.text}
          onChange={(event) => write({ text: event.currentTarget.value })}
          onBlur={() => {
            setWriting(false);
            store.seal();
          }}
          onKeyDown={(event) => {
            if (event.key === 'Escape') event.currentTarget.blur();
          }}
        />
      ) : (
        <p className={`whitespace-pre-wrap wrap-anywhere ${note.text === '' ? 'text-quiet' : ''}`}>
          {note.text || words.doubleClickToWrite}
        </p>
      )}
    </div>
  );
});
