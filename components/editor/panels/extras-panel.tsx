'use client';

import type { ReactNode } from 'react';
import { NOTE_TONES } from '../../../server/domain/graph/schema.ts';
import { Button } from '../../ui/button.tsx';
import { Switch } from '../../ui/choice.tsx';
import { Field, TextArea, TextInput } from '../../ui/field.tsx';
import { useEditor } from '../context.ts';
import type { GroupItem, NoteItem } from '../model/document.ts';
import { changeGroup, changeNote, ungroup } from '../model/edits/extras.ts';
import { counts } from '../model/words.ts';
import { words } from '../words.ts';
import { ChoiceField } from './fields.tsx';
import { panelWords } from './words.ts';

export function NotePanel({ note }: { note: NoteItem }) {
  const { store, isReadOnly } = useEditor();
  const write = (change: Partial<NoteItem>) =>
    store.perform(changeNote(store.get().document, note.id, change));
  return (
    <Extra title={words.note}>
      <Field label={words.text}>
        <TextArea value={note.text} rows={8} maxLength={4_000} onChange={(text) => write({ text })} />
      </Field>
      <ChoiceField
        label={words.colour}
        value={note.tone}
        options={NOTE_TONES.map((value) => ({ value, label: panelWords.tones[value] }))}
        onChange={(tone) => write({ tone: tone as NoteItem['tone'] })}
      />
      {isReadOnly ? null : <Button onClick={() => store.remove()}>{words.deleteTheNote}</Button>}
    </Extra>
  );
}

export function GroupPanel({ group }: { group: GroupItem }) {
  const { store } = useEditor();
  const write = (change: Partial<GroupItem>) =>
    store.perform(changeGroup(store.get().document, group.id, change));
  return (
    <Extra title={words.group}>
      <Field label={words.title}>
        <TextInput value={group.title} maxLength={200} onChange={(title) => write({ title })} />
      </Field>
      <p className="text-sm text-quiet">{words.groupMoves(counts.stages(group.stages.length))}</p>
      <Switch label={words.folded} checked={group.collapsed} onChange={(collapsed) => write({ collapsed })} />
      <Button onClick={() => store.perform(ungroup(store.get().document, group.id))}>{words.ungroup}</Button>
    </Extra>
  );
}

function Extra({ title, children }: { title: string; children: ReactNode }) {
  const { isReadOnly } = useEditor();
  return (
    <div>
      <header className="border-b border-line px-4 py-3">
        <h2 className="font-semibold">{title}</h2>
      </header>
      <fieldset disabled={isReadOnly} className="flex flex-col gap-4 p-4">
        {children}
      </fieldset>
    </div>
  );
}
