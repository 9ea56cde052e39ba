'use client';

import { toOwnPath } from '../../server/domain/own-path.ts';
import { act } from '../data/index.ts';
import { PasskeyButton } from './passkey-button.tsx';
import { ProviderButtons } from './provider-buttons.tsx';
import { type SessionField, SessionForm } from './session-form.tsx';
import { words } from './words.ts';

const FIELDS: readonly SessionField[] = [
  // Browsers offer passkeys among what they fill in there (`offerPasskeys`).
  { name: 'email', label: words.email, type: 'email', autoComplete: 'username webauthn' },
  { name: 'password', label: words.password, type: 'password', autoComplete: 'current-password' },
];

const problemOf = (code: string) =>
  (Object.hasOwn(words.problems, code) ? words.problems[code] : undefined) ?? words.otherProblem;

export function SignInPage({ next, problem }: { next: string | null; problem: string | null }) {
  return (
    <>
      <h1 className="text-xl font-semibold tracking-tight">{words.signIn.title}</h1>
      <SessionForm
        fields={FIELDS}
        label={words.signIn.send}
        isFirst
        goTo={toOwnPath(next)}
        notice={problem === null ? undefined : problemOf(problem)}
        onSubmit={({ email = '', password = '' }) => act('auth.signIn', { email, password })}
      />
      <PasskeyButton goTo={toOwnPath(next)} />
      <ProviderButtons wish={() => ({ next: toOwnPath(next) })} />
      <p className="mt-8 max-w-prose text-sm text-quiet">{words.signIn.noAccount}</p>
    </>
  );
}
