'use client';

import { useState } from 'react';
import { Dialog } from '../../ui/dialog.tsx';
import { iconOf } from '../canvas/icons.ts';
import { useEditor } from '../context.ts';
import { titleOf } from '../model/document.ts';
import { stageId } from '../model/items.ts';
import { search } from '../model/outline.ts';
import { useObserved } from '../store/observable.ts';
import { words } from '../words.ts';
import { Picker } from './picker.tsx';

const MAX_SHOWN = 50;

export function SearchDialog({ onClose }: { onClose(): void }) {
  const { store, canvas } = useEditor();
  const document = useObserved(store, (state) => state.document);
  const [typed, setTyped] = useState('');
  const found = typed.trim() === '' ? document.stages : search(document, typed);
  return (
    <Dialog open onOpenChange={onClose} title={words.findAStage}>
      <Picker
        label={words.nameKeyOrCapability}
        items={found.slice(0, MAX_SHOWN).map((stage) => ({
          id: stage.key,
          label: titleOf(stage),
          note: stage.type,
          icon: iconOf(stage.type),
        }))}
        words={typed}
        onWords={setTyped}
        none={words.noSuchStage}
        more={found.length > MAX_SHOWN ? words.moreStages(found.length - MAX_SHOWN) : undefined}
        onPick={({ id }) => {
          onClose();
          // After the dialog has given the focus back.
          setTimeout(() => canvas.get()?.show(stageId(id)));
        }}
      />
    </Dialog>
  );
}
