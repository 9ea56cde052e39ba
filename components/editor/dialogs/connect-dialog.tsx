'use client';

import { useState } from 'react';
import { Dialog } from '../../ui/dialog.tsx';
import { iconOf } from '../canvas/icons.ts';
import { useEditor } from '../context.ts';
import { findStage, titleOf } from '../model/document.ts';
import { wireId } from '../model/items.ts';
import { outlineOf, search } from '../model/outline.ts';
import { whyNotConnect } from '../model/wiring.ts';
import { useObserved } from '../store/observable.ts';
import { words } from '../words.ts';
import { Picker } from './picker.tsx';

/** A wire without a mouse. What may not follow is listed with the reason. */
export function ConnectDialog({ from, onClose }: { from: string; onClose(): void }) {
  const { store, canvas } = useEditor();
  const document = useObserved(store, (state) => state.document);
  const [typed, setTyped] = useState('');
  const fitting = new Set(search(document, typed).map(({ key }) => key));
  const items = outlineOf(document)
    .filter(({ stage }) => stage.key !== from && (typed.trim() === '' || fitting.has(stage.key)))
    .map(({ stage }) => ({
      id: stage.key,
      label: titleOf(stage),
      note: stage.type,
      icon: iconOf(stage.type),
      refused: whyNotConnect(document, from, stage.key),
    }))
    .sort((a, b) => Number(a.refused !== null) - Number(b.refused !== null));
  const stage = findStage(document, from);
  return (
    <Dialog open onOpenChange={onClose} title={words.connectFrom(stage ? titleOf(stage) : from)}>
      <Picker
        label={words.whichStageFollows}
        items={items}
        words={typed}
        onWords={setTyped}
        none={words.noSuchStage}
        onPick={({ id: to }) => {
          onClose();
          if (store.connect(from, to)) canvas.get()?.show(wireId({ from, to }));
        }}
      />
    </Dialog>
  );
}
