'use client';

import { useState } from 'react';
import { Dialog } from '../../ui/dialog.tsx';
import { iconOf } from '../canvas/icons.ts';
import { useEditor } from '../context.ts';
import { titleOf } from '../model/document.ts';
import { stageId } from '../model/items.ts';
import { search } from '../model/outline.ts';
import { useObserved } from '../store/observable.ts';
import { Picker } from './picker.tsx';

const MAX_SHOWN = 50;

export function SearchDialog({ onClose }: { onClose(): void }) {
  const { store, canvas } = useEditor();
  const document = useObserved(store, (state) => state.document);
  const [words, setWords] = useState('');
  const found = words.trim() === '' ? document.stages : search(document, words);
  return (
    <Dialog open onOpenChange={onClose} title="Find a stage">
      <Picker
        label="Name, key or capability"
        items={found.slice(0, MAX_SHOWN).map((stage) => ({
          id: stage.key,
          label: titleOf(stage),
          note: stage.type,
          icon: iconOf(stage.type),
        }))}
        words={words}
        onWords={setWords}
        none="There is no such stage."
        onPick={({ id }) => {
          onClose();
          // After the dialog has given the focus back.
          setTimeout(() => canvas.get()?.show(stageId(id)));
        }}
      />
    </Dialog>
  );
}
