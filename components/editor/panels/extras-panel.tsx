'use client';

import { type ReactNode, useState } from 'react';
import { NOTE_TONES } from '../../../server/domain/graph/schema.ts';
import { Button } from '../../ui/button.tsx';
import { Switch } from '../../ui/choice.tsx';
import { Field, TextArea, TextInput } from '../../ui/field.tsx';
import { useEditor } from '../context.ts';
import type { GroupItem, NoteItem } from '../model/document.ts';
import { changeGroup, changeNote, ungroup } from '../model/edits/extras.ts';
import { counts } from '../model/words.ts';
import { removeSelected } from '../remove-selected.ts';
import { words } from '../words.ts';
import { ChoiceField, FieldsOf, NumberField } from './fields.tsx';
import { panelWords } from './words.ts';

export function NotePanel({ note }: { note: NoteItem }) {
  const editor = useEditor();
  const { store, isReadOnly } = editor;
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
      <div className="grid grid-cols-2 gap-3">
        <SizeField
          label={panelWords.width}
          value={note.width}
          least={LEAST_SIDES.width}
          onChange={(width) => write({ width })}
        />
        <SizeField
          label={panelWords.height}
          value={note.height}
          least={LEAST_SIDES.height}
          onChange={(height) => write({ height })}
        />
      </div>
      {isReadOnly ? null : <Button onClick={() => removeSelected(editor)}>{words.deleteTheNote}</Button>}
    </Extra>
  );
}

/** As small as its corners can be drawn together, and as large as a graph may say. */
const LEAST_SIDES = { width: 80, height: 40 } as const;
const MOST_SIDE = 2_000;

/** What the corners do by mouse. A side that no note may have is told, and changes nothing. */
function SizeField({
  label,
  value,
  least,
  onChange,
}: {
  label: string;
  value: number;
  least: number;
  onChange(side: number): void;
}) {
  const [isOdd, setOdd] = useState(false);
  return (
    <NumberField
      label={label}
      value={value}
      error={isOdd ? panelWords.noSuchSide(least, MOST_SIDE) : undefined}
      onChange={(side) => {
        const fits = side !== undefined && side >= least && side <= MOST_SIDE;
        setOdd(!fits);
        if (fits) onChange(Math.round(side));
      }}
    />
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
      <FieldsOf isReadOnly={isReadOnly} className="flex flex-col gap-4 p-4">
        {children}
      </FieldsOf>
    </div>
  );
}
