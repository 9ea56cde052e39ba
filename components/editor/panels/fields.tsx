'use client';

import { ChevronRight } from 'lucide-react';
import { createContext, type ReactNode, use, useEffect, useId, useState } from 'react';
import type { Json } from '../../../server/domain/json.ts';
import { Field, TextInput } from '../../ui/field.tsx';
import { Select } from '../../ui/select.tsx';
import type { Suggestion } from '../model/suggestions.ts';
import { CodeArea } from '../text/index.ts';
import { words } from '../words.ts';
import { follow, readJson, typed, writeJson } from './json-text.ts';
import { panelWords } from './words.ts';

interface FieldProps<Value> {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  value: Value | undefined;
  /** Undefined: left out. */
  onChange(value: Value | undefined): void;
  placeholder?: string;
}

export function TextField({
  label,
  hint,
  error,
  value,
  onChange,
  placeholder = '',
  mono = false,
}: FieldProps<string> & { mono?: boolean }) {
  return (
    <Field label={label} hint={hint} error={error}>
      <TextInput
        value={value ?? ''}
        placeholder={placeholder}
        mono={mono}
        onChange={(text) => onChange(text === '' ? undefined : text)}
      />
    </Field>
  );
}

/** What is typed stays as it is typed; it counts when it is a number. */
export function NumberField({ label, hint, error, value, onChange, placeholder = '' }: FieldProps<number>) {
  const [text, setText] = useState(value === undefined ? '' : String(value));
  useEffect(() => {
    setText((typed) => (toNumber(typed) === value ? typed : value === undefined ? '' : String(value)));
  }, [value]);
  const isOdd = text.trim() !== '' && toNumber(text) === undefined;
  return (
    <Field label={label} hint={hint} error={isOdd ? panelWords.noNumber : error}>
      <TextInput
        value={text}
        inputMode="decimal"
        placeholder={placeholder}
        onChange={(next) => {
          setText(next);
          const number = toNumber(next);
          if (number !== undefined || next.trim() === '') onChange(number);
        }}
      />
    </Field>
  );
}

function toNumber(text: string): number | undefined {
  const number = Number(text.trim());
  return text.trim() === '' || !Number.isFinite(number) ? undefined : number;
}

const UNSET = '';

/** One of a few, or left out. */
export function ChoiceField({
  label,
  hint,
  value,
  onChange,
  options,
  unset,
}: Omit<FieldProps<string>, 'error' | 'placeholder'> & {
  options: readonly { value: string; label: string }[];
  /** What it is when it is left out. */
  unset?: string;
}) {
  const choices = unset === undefined ? [...options] : [{ value: UNSET, label: unset }, ...options];
  return (
    <div className="flex flex-col gap-1">
      <span className="text-sm font-medium">{label}</span>
      <Select
        label={label}
        value={value ?? UNSET}
        choices={choices}
        onChange={(next) => onChange(next === UNSET ? undefined : next)}
      />
      {hint ? <span className="text-xs text-quiet">{hint}</span> : null}
    </div>
  );
}

/** Texts with commas between them. */
export function TextsField({
  label,
  hint,
  error,
  value,
  onChange,
  placeholder = '',
}: FieldProps<readonly string[]>) {
  const [text, setText] = useState((value ?? []).join(', '));
  useEffect(() => {
    setText((typed) => (toTexts(typed).join() === (value ?? []).join() ? typed : (value ?? []).join(', ')));
  }, [value]);
  return (
    <Field label={label} hint={hint ?? words.commasBetweenThem} error={error}>
      <TextInput
        value={text}
        placeholder={placeholder}
        onChange={(next) => {
          setText(next);
          const texts = toTexts(next);
          onChange(texts.length === 0 ? undefined : texts);
        }}
      />
    </Field>
  );
}

function toTexts(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}

const FRAME =
  'min-h-8 rounded-md border bg-card hover:border-quiet focus-within:outline-2 focus-within:-outline-offset-1 focus-within:outline-accent';

interface JsonFieldProps extends FieldProps<Json> {
  /** For whoever must not go on with what was there before. */
  onFault?(isFaulty: boolean): void;
}

const ReadOnlyContext = createContext(false);

/** Around fields of what somebody may only look at: what unfolds them stays outside of the fields. */
export const ReadOnly = ReadOnlyContext;

/** Fields of the browser, and those that write code. */
export function Fields({ className, children }: { className: string; children: ReactNode }) {
  return (
    <fieldset disabled={use(ReadOnlyContext)} className={className}>
      {children}
    </fieldset>
  );
}

/** Fields alone. */
export function FieldsOf({
  isReadOnly,
  ...fields
}: {
  isReadOnly: boolean;
  className: string;
  children: ReactNode;
}) {
  return (
    <ReadOnly value={isReadOnly}>
      <Fields {...fields} />
    </ReadOnly>
  );
}

/** Anything, written as JSON. It counts when it can be read. */
export function JsonField({
  label,
  hint,
  error,
  value,
  onChange,
  onFault,
  placeholder = '',
}: JsonFieldProps) {
  const [{ text, isFaulty }, setTyped] = useState(() => typed(writeJson(value)));
  const fault = isFaulty ? panelWords.noJson : undefined;
  const note = useId();
  useEffect(() => {
    setTyped((before) => follow(before, value));
  }, [value]);
  const change = (next: string) => {
    setTyped(typed(next));
    const read = readJson(next);
    onFault?.(!read.ok);
    if (read.ok) onChange(read.value);
  };
  return (
    <div className="flex flex-col gap-1">
      <span className="text-sm font-medium">{label}</span>
      <div
        data-faulty={(fault ?? error) ? '' : undefined}
        className={`max-h-72 overflow-auto ${FRAME} ${(fault ?? error) ? 'border-bad' : 'border-control'}`}
      >
        <CodeArea
          label={label}
          language="json"
          value={text}
          onChange={change}
          hint={placeholder}
          describedBy={note}
          readOnly={use(ReadOnlyContext)}
        />
      </div>
      <FieldNote id={note} hint={hint} error={fault ?? error} />
    </div>
  );
}

/** An expression that knows what it can read. */
export function ExpressionField({
  label,
  hint,
  error,
  value,
  onChange,
  placeholder = '',
  suggest,
  labelHidden = false,
}: FieldProps<string> & { suggest(): readonly Suggestion[]; labelHidden?: boolean }) {
  const note = useId();
  return (
    <div className="flex min-w-0 flex-col gap-1">
      {labelHidden ? null : <span className="text-sm font-medium">{label}</span>}
      <div
        data-faulty={error ? '' : undefined}
        className={`${FRAME} ${error ? 'border-bad' : 'border-control'}`}
      >
        <CodeArea
          label={label}
          language="expression"
          value={value ?? ''}
          hint={placeholder}
          suggest={suggest}
          describedBy={note}
          readOnly={use(ReadOnlyContext)}
          onChange={(text) => onChange(text.trim() === '' ? undefined : text)}
        />
      </div>
      <FieldNote id={note} hint={hint} error={error} />
    </div>
  );
}

function FieldNote({ id, hint, error }: { id: string; hint: ReactNode; error: string | undefined }) {
  if (error !== undefined)
    return (
      <p id={id} className="text-sm text-bad">
        {error}
      </p>
    );
  return (
    <p id={id} className="text-xs text-quiet">
      {hint}
    </p>
  );
}

/** Fields that make up one value. */
export function FieldSet({
  title,
  hint,
  children,
}: {
  title: string;
  hint?: ReactNode;
  children: ReactNode;
}) {
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 border-l-2 border-line pl-3">
      <legend className="mb-1 text-sm font-medium">{title}</legend>
      {hint ? <p className="text-xs text-quiet">{hint}</p> : null}
      {children}
    </fieldset>
  );
}

/** Fields that belong together; what is seldom needed is folded, and not even made until it is opened. */
export function Section({
  title,
  open = false,
  isOpenToAll = false,
  children,
}: {
  title: string;
  open?: boolean;
  /** What is in it leads elsewhere, which whoever only looks may follow: its fields take care of themselves. */
  isOpenToAll?: boolean;
  children: ReactNode;
}) {
  const look = 'flex min-w-0 flex-col gap-4 px-4 pb-4 pt-1';
  const body = isOpenToAll ? (
    <div className={look}>{children}</div>
  ) : (
    <Fields className={look}>{children}</Fields>
  );
  const [isOpen, setOpen] = useState(open);
  const id = useId();
  return (
    <section className="border-t border-line first:border-t-0">
      <h3>
        <button
          type="button"
          aria-expanded={isOpen}
          aria-controls={id}
          onClick={() => setOpen(!isOpen)}
          className="flex h-10 w-full items-center gap-1.5 px-4 text-left text-sm font-semibold hover:bg-hover focus-visible:-outline-offset-2"
        >
          <ChevronRight aria-hidden size={14} className={`text-quiet ${isOpen ? 'rotate-90' : ''}`} />
          {title}
        </button>
      </h3>
      <div id={id} hidden={!isOpen}>
        {isOpen ? body : null}
      </div>
    </section>
  );
}
