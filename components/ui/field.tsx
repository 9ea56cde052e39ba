'use client';

import { Field as Base } from '@base-ui/react/field';
import type { ComponentProps, ReactNode } from 'react';

/** A control with its name, a hint, and what is wrong with its value. */
export function Field({
  label,
  hint,
  error,
  children,
}: {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  children: ReactNode;
}) {
  return (
    <Base.Root invalid={error !== undefined} className="flex min-w-0 max-w-full flex-col gap-1">
      <Base.Label className="text-sm font-medium">{label}</Base.Label>
      {children}
      {error === undefined ? null : (
        <Base.Error match className="text-sm text-bad">
          {error}
        </Base.Error>
      )}
      {hint && error === undefined ? (
        <Base.Description className="text-xs text-quiet">{hint}</Base.Description>
      ) : null}
    </Base.Root>
  );
}

type Native<Tag extends 'input' | 'textarea'> = Omit<
  ComponentProps<Tag>,
  'className' | 'style' | 'onChange' | 'value' | 'defaultValue' | 'ref'
>;

const BOX =
  'w-full min-w-0 rounded-md border border-control bg-card px-2.5 text-base text-text placeholder:text-faint hover:not-disabled:border-quiet focus:outline-2 focus:-outline-offset-1 focus:outline-accent disabled:opacity-50 data-invalid:border-bad';

interface TextProps {
  value: string;
  onChange(value: string): void;
  /** For names, expressions and code. */
  mono?: boolean;
}

export function TextInput({ value, onChange, mono = false, ...native }: TextProps & Native<'input'>) {
  return (
    <Base.Control
      {...native}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      className={`h-8 pointer-coarse:h-10 ${BOX} ${mono ? 'font-mono text-sm' : ''}`}
    />
  );
}

export function TextArea({ value, onChange, mono = false, ...native }: TextProps & Native<'textarea'>) {
  return (
    <Base.Control
      value={value}
      render={
        <textarea
          rows={4}
          {...native}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
          className={`resize-y py-1.5 ${BOX} ${mono ? 'font-mono text-sm' : ''}`}
        />
      }
    />
  );
}

/** Asks for a file of the person's own; what is in it is the caller's to read. */
export function FileInput({
  label,
  accept,
  onFile,
}: {
  label: string;
  /** Endings: `.yaml,.json`. */
  accept: string;
  onFile(file: File): void;
}) {
  return (
    <label className="inline-flex h-8 pointer-coarse:h-10 shrink-0 cursor-default items-center rounded-md border border-line bg-card px-3 text-base font-medium focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-accent hover:border-control hover:bg-hover">
      {label}
      <input
        type="file"
        accept={accept}
        className="sr-only"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          if (file) onFile(file);
          // The same file again is a new choice.
          event.currentTarget.value = '';
        }}
      />
    </label>
  );
}
