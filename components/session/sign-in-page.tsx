'use client';

import { toOwnPath } from '../../server/domain/own-path.ts';
import { api } from '../data/api.ts';
import { type SessionField, SessionForm } from './session-form.tsx';

const FIELDS: readonly SessionField[] = [
  { name: 'email', label: 'E-mail', type: 'email', autoComplete: 'username' },
  { name: 'password', label: 'Password', type: 'password', autoComplete: 'current-password' },
];

export function SignInPage({ next }: { next: string | null }) {
  return (
    <>
      <h1 className="text-2xl font-semibold tracking-tight">Sign in to Signalbox</h1>
      <SessionForm
        fields={FIELDS}
        label="Sign in"
        goTo={toOwnPath(next)}
        onSubmit={({ email = '', password = '' }) => api.signIn(email, password)}
      />
      <p className="mt-8 max-w-prose text-sm text-quiet">
        No account yet? Ask an owner for an invitation. On the machine itself, open the link that the server
        printed as its last line when it started; starting it again prints a new one.
      </p>
    </>
  );
}
