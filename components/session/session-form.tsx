'use client';

import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { ApiError } from '../data/index.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/feedback.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { useIsAlive } from '../ui/use-is-alive.ts';

export interface SessionField {
  name: string;
  label: string;
  type?: 'text' | 'email' | 'password';
  autoComplete: string;
  minLength?: number;
  hint?: string;
}

/** Fields, a button, and what went wrong. Goes on by a whole new page, so that nothing of before is left in memory. */
export function SessionForm({
  fields,
  label,
  goTo,
  notice,
  isFirst = false,
  onSubmit,
}: {
  fields: readonly SessionField[];
  label: string;
  goTo: string;
  /** Why somebody was sent here, until they try. */
  notice?: { message: string; advice?: string | undefined } | undefined;
  /** It is what the page is there for: typing begins in it. */
  isFirst?: boolean;
  onSubmit(values: Record<string, string>): Promise<unknown>;
}) {
  const [values, setValues] = useState<Record<string, string>>({});
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const isAlive = useIsAlive();
  const form = useRef<HTMLFormElement>(null);
  // What somebody has typed before the page was alive.
  useEffect(() => {
    if (form.current) setValues(Object.fromEntries(new FormData(form.current)) as Record<string, string>);
  }, []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    onSubmit(values).then(
      () => window.location.assign(goTo),
      (failure) => {
        setBusy(false);
        setError(failure as ApiError);
      },
    );
  };
  return (
    <form ref={form} onSubmit={submit} className="mt-6 flex max-w-sm flex-col gap-4 [&>[role=alert]]:my-0">
      {notice && !error && !isBusy ? <Notice {...notice} /> : null}
      {fields.map(({ name, label, type = 'text', autoComplete, minLength, hint }, at) => (
        <Field key={name} label={label} hint={hint}>
          <TextInput
            required
            {...{ name, type, autoComplete, minLength }}
            autoFocus={isFirst && at === 0}
            value={values[name] ?? ''}
            onChange={(value) => setValues((before) => ({ ...before, [name]: value }))}
          />
        </Field>
      ))}
      {error ? <Notice message={error.message} advice={error.advice} /> : null}
      {/* Sent before that, a form goes to the address of its page, with all that is in it. */}
      <Button type="submit" look="primary" size="lg" wide busy={isBusy} disabled={!isAlive}>
        {label}
      </Button>
    </form>
  );
}
