'use client';

import { type FormEvent, type ReactNode, useState } from 'react';
import { ApiError } from '../data/api.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';

/** Fields, a button, and what went wrong. Goes on by a whole new page, so that nothing of before is left in memory. */
export function SessionForm({
  label,
  busyLabel,
  goTo,
  onSubmit,
  children,
}: {
  label: string;
  busyLabel: string;
  goTo: string;
  onSubmit(fields: Record<string, string>): Promise<unknown>;
  children: ReactNode;
}) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = Object.fromEntries(
      [...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)]),
    );
    setBusy(true);
    onSubmit(fields).then(
      () => window.location.assign(goTo),
      (failure) => {
        setBusy(false);
        setError(failure instanceof ApiError ? failure : new ApiError(String(failure), undefined));
      },
    );
  };
  return (
    <form onSubmit={submit} className="mt-6 max-w-sm space-y-4">
      {children}
      {error ? <Notice message={error.message} advice={error.advice} /> : null}
      <Button type="submit" look="primary" className="w-full" disabled={isBusy}>
        {isBusy ? busyLabel : label}
      </Button>
    </form>
  );
}

export function Field({
  name,
  label,
  type = 'text',
  autoComplete,
  minLength,
  hint,
}: {
  name: string;
  label: string;
  type?: 'text' | 'email' | 'password';
  autoComplete: string;
  minLength?: number;
  hint?: string;
}) {
  return (
    <label className="block text-sm font-medium">
      {label}
      <input
        required
        {...{ name, type, autoComplete, minLength }}
        className="mt-1 block h-9 w-full rounded-md border border-line bg-card px-3 font-normal text-text"
      />
      {hint === undefined ? null : <span className="mt-1 block font-normal text-quiet">{hint}</span>}
    </label>
  );
}
