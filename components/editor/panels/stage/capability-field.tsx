'use client';

import { useId } from 'react';
import { Field, TextInput } from '../../../ui/field.tsx';
import { useEditor } from '../../context.ts';
import type { StageItem } from '../../model/document.ts';
import { counts } from '../../model/words.ts';
import { useObserved } from '../../store/observable.ts';
import { words } from '../../words.ts';
import { panelWords } from '../words.ts';

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
    ? panelWords.working(counts.agents(offered.serving), offered.description)
    : panelWords.whatToOffer;
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
            {counts.agents(serving)}
          </option>
        ))}
      </datalist>
    </Field>
  );
}
