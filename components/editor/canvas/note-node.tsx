'use client';

import { type NodeProps, NodeResizer } from '@xyflow/react';
import { memo, useState } from 'react';
import { useEditor } from '../context.ts';
import type { NoteItem } from '../model/document.ts';
import { changeNote } from '../model/edits/extras.ts';
import { words } from '../words.ts';
import { looksOfNote, NoteText } from './note-face.tsx';
import type { NoteNode as NoteNodeType } from './to-flow.ts';

/** A double click writes in it. */
export const NoteNode = memo(function NoteNode({ data: { note }, selected }: NodeProps<NoteNodeType>) {
  const { store, isReadOnly } = useEditor();
  const [isWriting, setWriting] = useState(false);
  const write = (change: Partial<NoteItem>) => {
    store.perform(changeNote(store.get().document, note.id, change));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: its text can be written in the side panel too
    <div className={looksOfNote(note, selected)} onDoubleClick={() => setWriting(!isReadOnly)}>
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
        <NoteText {...note} />
      )}
    </div>
  );
});
