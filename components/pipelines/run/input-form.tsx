'use client';

import { useState } from 'react';
import { isJsonObject, type Json } from '../../../server/domain/json.ts';
import { Checkbox, Segments } from '../../ui/choice.tsx';
import { Field, TextArea, TextInput } from '../../ui/field.tsx';
import { Select } from '../../ui/select.tsx';
import { fieldsOf, type InputField, withField } from './input-fields.ts';
import { words } from './words.ts';

type Way = 'form' | 'json';

/** What a run begins with, as a form of its schema or as text. A text that is no JSON is handed on as undefined. */
export function InputForm({
  schema,
  value,
  onChange,
}: {
  schema: Json | undefined;
  value: Json | undefined;
  onChange(value: Json | undefined): void;
}) {
  const fields = fieldsOf(schema);
  const [way, setWay] = useState<Way>(fields === null ? 'json' : 'form');
  const isForm = fields !== null && way === 'form';
  return (
    <div className="flex flex-col gap-4">
      {fields === null ? null : (
        <Segments
          label={words.as}
          value={way}
          disabled={value === undefined}
          choices={[
            { value: 'form', label: words.form },
            { value: 'json', label: words.json },
          ]}
          onChange={setWay}
        />
      )}
      {isForm ? (
        fields.map((field) => (
          <InputControl key={field.key} field={field} value={value ?? null} onChange={onChange} />
        ))
      ) : (
        <JsonText
          label={words.as}
          hint={fields === null && schema === undefined ? words.noSchema : undefined}
          rows={12}
          value={value}
          onChange={onChange}
        />
      )}
    </div>
  );
}

function InputControl({
  field,
  value,
  onChange,
}: {
  field: InputField;
  value: Json;
  onChange(value: Json): void;
}) {
  const { key, label, hint, isRequired, kind, choices } = field;
  const own = isJsonObject(value) ? value[key] : undefined;
  const set = (next: Json | undefined) => onChange(withField(value, key, next));
  if (kind === 'boolean') return <Checkbox label={label} checked={own === true} onChange={set} />;
  if (kind === 'json')
    return <JsonText label={label} hint={hint} rows={4} value={own} isOptional onChange={set} />;
  return (
    <Field label={label} hint={hint}>
      {kind === 'choice' ? (
        <Select
          label={label}
          value={typeof own === 'string' ? own : ''}
          choices={choices.map((choice) => ({ value: choice, label: choice }))}
          onChange={set}
        />
      ) : (
        <TextInput
          value={typeof own === 'string' || typeof own === 'number' ? String(own) : ''}
          required={isRequired}
          {...(kind === 'number' ? { type: 'number', step: 'any' } : {})}
          onChange={(text) => set(text === '' ? undefined : kind === 'number' ? Number(text) : text)}
        />
      )}
    </Field>
  );
}

function JsonText({
  label,
  hint,
  rows,
  value,
  isOptional = false,
  onChange,
}: {
  label: string;
  hint: string | undefined;
  rows: number;
  value: Json | undefined;
  isOptional?: boolean;
  onChange(value: Json | undefined): void;
}) {
  // The text is its own while it is typed: half of a document is no value.
  const [text, setText] = useState(() => (value === undefined ? '' : JSON.stringify(value, null, 2)));
  const [error, setError] = useState<string>();
  const change = (next: string) => {
    setText(next);
    try {
      onChange(isOptional && next.trim() === '' ? undefined : (JSON.parse(next) as Json));
      setError(undefined);
    } catch (failure) {
      setError(words.badJson((failure as Error).message));
      if (!isOptional) onChange(undefined);
    }
  };
  return (
    <Field label={label} hint={hint} error={error}>
      <TextArea mono rows={rows} value={text} onChange={change} spellCheck={false} />
    </Field>
  );
}
