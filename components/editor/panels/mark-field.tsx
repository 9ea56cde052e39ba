'use client';

import type { Json } from '../../../server/domain/json.ts';
import { words } from '../words.ts';
import { ChoiceField, TextsField } from './fields.tsx';

interface MarkFieldProps {
  label: string;
  value: Json | undefined;
  onChange(value: Json | undefined): void;
}

const KINDS = {
  all: words.sensitive.all,
  some: words.sensitive.some,
  none: words.sensitive.none,
} as const;

const kindOf = (value: Json | undefined): keyof typeof KINDS | undefined =>
  value === undefined ? undefined : value === true ? 'all' : value === false ? 'none' : 'some';

const markOf = (kind: string | undefined): Json | undefined =>
  kind === undefined ? undefined : kind === 'all' ? true : kind === 'none' ? false : [];

/** What of a value is sensitive: all of it, some fields, or (said once and for all) nothing. */
export function MarkField({ label, value, onChange }: MarkFieldProps) {
  return (
    <div className="flex flex-col gap-2">
      <ChoiceField
        label={label}
        value={kindOf(value)}
        options={Object.entries(KINDS).map(([kind, name]) => ({ value: kind, label: name }))}
        unset={words.sensitive.unset}
        onChange={(kind) => onChange(markOf(kind))}
      />
      {Array.isArray(value) ? (
        <TextsField
          label={words.sensitive.fieldsOf(label)}
          hint={words.sensitive.pointers}
          value={value.map(String)}
          placeholder={words.sensitive.example}
          onChange={(pointers) => onChange([...(pointers ?? [])])}
        />
      ) : null}
    </div>
  );
}
