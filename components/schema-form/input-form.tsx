'use client';

import { type ReactNode, useState } from 'react';
import { isJsonObject, type Json } from '../../server/domain/json.ts';
import { Checkbox, Segments } from '../ui/choice.tsx';
import { Field, TextArea, TextInput } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';
import { fieldsOf, type InputField, withField } from './input-fields.ts';
import { words } from './words.ts';

type Way = 'form' | 'json';

interface FormProps {
  label: string;
  schema: Json | undefined;
  value: Json | undefined;
  /** Of a value of which no schema says anything. */
  hint?: string | undefined;
  /** What is wrong with a field, by its name. */
  problems?: Readonly<Record<string, string>>;
  onChange(value: Json | undefined): void;
}

/** A value, as a form of its schema or as text. Where a text is no JSON, of one field or of all, undefined is handed on. */
export function InputForm({ label, schema, value, hint, problems = {}, onChange }: FormProps) {
  const fields = fieldsOf(schema);
  const form = useForm(value, onChange);
  const [way, setWay] = useState<Way>(fields === null ? 'json' : 'form');
  const isForm = fields !== null && way === 'form';
  return (
    <div className="flex flex-col gap-4">
      {fields === null ? null : (
        <div>
          <Segments
            label={label}
            value={way}
            disabled={value === undefined}
            choices={[
              { value: 'form', label: words.form },
              { value: 'json', label: words.json },
            ]}
            onChange={setWay}
          />
        </div>
      )}
      {isForm ? (
        fields.map((field) => (
          <InputControl
            key={field.key}
            field={field}
            value={form.value}
            problem={problems[field.key]}
            onChange={form.change}
          />
        ))
      ) : (
        <JsonText
          label={label}
          hint={schema === undefined ? hint : undefined}
          rows={12}
          value={value}
          onChange={onChange}
          onBroken={() => onChange(undefined)}
        />
      )}
    </div>
  );
}

/** What the fields say together, and which of them cannot be read: for so long nobody is handed a value. */
function useForm(value: Json | undefined, onChange: FormProps['onChange']) {
  const [kept, setKept] = useState<Json>(value ?? null);
  const [broken, setBroken] = useState<ReadonlySet<string>>(new Set());
  const whole = value ?? kept;
  return {
    value: whole,
    change(key: string, own: Json | undefined, isBroken = false) {
      const others = [...broken].filter((each) => each !== key);
      const still = isBroken ? [...others, key] : others;
      const next = isBroken ? whole : withField(whole, key, own);
      setBroken(new Set(still));
      setKept(next);
      onChange(still.length === 0 ? next : undefined);
    },
  };
}

interface ControlProps {
  field: InputField;
  value: Json;
  problem: string | undefined;
  /** `isBroken`: what is typed there cannot be read. */
  onChange(key: string, own: Json | undefined, isBroken?: boolean): void;
}

function InputControl({ field, value, problem, onChange }: ControlProps) {
  const { key, hint, isRequired, kind } = field;
  const label = isRequired ? words.needed(field.label) : field.label;
  const own = isJsonObject(value) ? value[key] : undefined;
  const set = (next: Json | undefined) => onChange(key, next);
  switch (kind) {
    case 'boolean':
      return (
        <Beside {...{ hint, problem }}>
          <Checkbox label={field.label} checked={own === true} onChange={set} />
        </Beside>
      );
    case 'choices':
      return <SomeOf {...{ field, label, problem, set }} chosen={Array.isArray(own) ? own : []} />;
    case 'json':
      return (
        <JsonText
          {...{ label, hint }}
          rows={4}
          value={own}
          isOptional
          onChange={set}
          onBroken={() => onChange(key, own, true)}
        />
      );
    case 'choice':
      return (
        <Field label={label} hint={hint} error={problem}>
          <Select
            label={label}
            value={typeof own === 'string' ? own : ''}
            choices={field.choices}
            onChange={set}
          />
        </Field>
      );
    default:
      return (
        <Field label={label} hint={hint} error={problem}>
          <TextInput
            value={typeof own === 'string' || typeof own === 'number' ? String(own) : ''}
            required={isRequired}
            {...(kind === 'number' ? { type: 'number', step: 'any' } : { type: field.input })}
            onChange={(text) => set(text === '' ? undefined : kind === 'number' ? Number(text) : text)}
          />
        </Field>
      );
  }
}

/** What is said of a control that has its name beside it. */
function Beside({
  hint,
  problem,
  children,
}: Pick<ControlProps, 'problem'> & { hint: string | undefined; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-0.5">
      {children}
      {problem === undefined ? null : <p className="text-sm text-bad">{problem}</p>}
      {hint && problem === undefined ? <p className="text-xs text-quiet">{hint}</p> : null}
    </div>
  );
}

function SomeOf({
  field,
  label,
  chosen,
  problem,
  set,
}: Pick<ControlProps, 'field' | 'problem'> & {
  label: string;
  chosen: readonly Json[];
  set(next: Json | undefined): void;
}) {
  return (
    <fieldset className="flex min-w-0 flex-col gap-1">
      <legend className="mb-1 text-sm font-medium">{label}</legend>
      <Beside hint={field.hint} problem={problem}>
        {field.choices.map((choice) => (
          <Checkbox
            key={choice.value}
            label={choice.label}
            checked={chosen.includes(choice.value)}
            onChange={(isOn) => {
              // In the order in which they are offered.
              const next = field.choices
                .map(({ value }) => value)
                .filter((value) => (value === choice.value ? isOn : chosen.includes(value)));
              set(next);
            }}
          />
        ))}
      </Beside>
    </fieldset>
  );
}

function JsonText({
  label,
  hint,
  rows,
  value,
  isOptional = false,
  onChange,
  onBroken,
}: {
  label: string;
  hint: string | undefined;
  rows: number;
  value: Json | undefined;
  isOptional?: boolean;
  onChange(value: Json | undefined): void;
  onBroken(): void;
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
      onBroken();
    }
  };
  return (
    <Field label={label} hint={hint} error={error}>
      <TextArea mono rows={rows} value={text} onChange={change} spellCheck={false} />
    </Field>
  );
}
