'use client';

import { useId } from 'react';
import { Field, TextInput } from '../../../ui/field.tsx';
import { useEditor } from '../../context.ts';
import type { StageItem } from '../../model/document.ts';
import { counted } from '../../model/names.ts';
import { useObserved } from '../../store/observable.ts';
import { words } from '../../words.ts';

/** What is offered can be picked; what an agent of tomorrow will offer can be typed. */
export function CapabilityField({
  stage,
  error,
  onChange,
}: {
  stage: StageItem;
  error: string | undefined;
  onChange(type: string): void;
}) {
  const { capabilities } = useEditor();
  const known = useObserved(capabilities, (map) => map);
  const list = useId();
  const offered = known?.get(stage.type);
  const hint = offered
    ? `${counted(offered.serving, 'agent')} working.${offered.description ? ` ${offered.description}.` : ''}`
    : 'What an agent must offer to take this stage.';
  return (
    <Field label={words.capability} hint={hint} error={error}>
      <TextInput
        mono
        list={list}
        value={stage.type}
        onChange={onChange}
        placeholder={words.suchAsTransformation}
      />
      <datalist id={list}>
        {[...(known?.values() ?? [])].map(({ name, serving }) => (
          <option key={name} value={name}>
            {counted(serving, 'agent')}
          </option>
        ))}
      </datalist>
    </Field>
  );
}
