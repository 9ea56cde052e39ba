'use client';

import { act } from '../data/index.ts';
import { ProviderButtons } from './provider-buttons.tsx';
import { type SessionField, SessionForm } from './session-form.tsx';

const FIELDS: readonly SessionField[] = [
  { name: 'name', label: 'Name', autoComplete: 'name' },
  { name: 'email', label: 'E-mail', type: 'email', autoComplete: 'username' },
  {
    name: 'password',
    label: 'Password',
    type: 'password',
    autoComplete: 'new-password',
    minLength: 12,
    hint: '12 characters or more. Several words are easy to keep in mind.',
  },
];

/** The token stands after the # of the address, which browsers keep to themselves. */
function takeToken(): string {
  return decodeURIComponent(window.location.hash.slice(1));
}

export function JoinPage() {
  return (
    <>
      <h1 className="text-xl font-semibold tracking-tight">Welcome to Signalbox</h1>
      <p className="mt-2 max-w-prose text-quiet">
        Say who you are. If you have an account here already, give its e-mail and password.
      </p>
      <SessionForm
        fields={FIELDS}
        label="Go on"
        goTo="/"
        onSubmit={({ name = '', email = '', password = '' }) =>
          act('auth.join', { token: takeToken(), name, email, password })
        }
      />
      <ProviderButtons wish={() => ({ invitation: takeToken() })} />
    </>
  );
}
