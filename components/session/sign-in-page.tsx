'use client';

import { toOwnPath } from '../../server/domain/own-path.ts';
import { act } from '../data/index.ts';
import { Notice } from '../ui/feedback.tsx';
import { ProviderButtons } from './provider-buttons.tsx';
import { type SessionField, SessionForm } from './session-form.tsx';

const FIELDS: readonly SessionField[] = [
  { name: 'email', label: 'E-mail', type: 'email', autoComplete: 'username' },
  { name: 'password', label: 'Password', type: 'password', autoComplete: 'current-password' },
];

/** Why somebody was sent back from a provider; the codes are the API's. */
const PROBLEMS: Readonly<Record<string, { message: string; advice: string }>> = {
  forbidden: { message: 'Nobody has invited you here yet.', advice: 'Ask an owner for an invitation.' },
  unavailable: {
    message: 'The provider cannot be reached.',
    advice: 'Try again later, or use your password.',
  },
  conflict: { message: 'Somebody else here is known by that account.', advice: 'Sign in with it instead.' },
};
const OTHER = { message: 'You were not signed in.', advice: 'Begin again from here.' };

export function SignInPage({ next, problem }: { next: string | null; problem: string | null }) {
  return (
    <>
      <h1 className="text-xl font-semibold tracking-tight">Sign in to Signalbox</h1>
      {problem === null ? null : (
        <Notice {...((Object.hasOwn(PROBLEMS, problem) ? PROBLEMS[problem] : undefined) ?? OTHER)} />
      )}
      <SessionForm
        fields={FIELDS}
        label="Sign in"
        goTo={toOwnPath(next)}
        onSubmit={({ email = '', password = '' }) => act('auth.signIn', { email, password })}
      />
      <ProviderButtons wish={() => ({ next: toOwnPath(next) })} />
      <p className="mt-8 max-w-prose text-sm text-quiet">
        No account yet? Ask an owner for an invitation. On the machine itself, open the link that the server
        printed as its last line when it started; starting it again prints a new one.
      </p>
    </>
  );
}
