'use client';

import { useEffect, useState } from 'react';
import { type Answer, type ApiError, act, ask } from '../data/index.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/feedback.tsx';
import { ProviderButtons } from './provider-buttons.tsx';
import { type SessionField, SessionForm } from './session-form.tsx';
import { words } from './words.ts';

const FIELDS: readonly SessionField[] = [
  { name: 'name', label: words.name, autoComplete: 'name' },
  { name: 'email', label: words.email, type: 'email', autoComplete: 'username' },
  {
    name: 'password',
    label: words.password,
    type: 'password',
    autoComplete: 'new-password',
    minLength: 12,
    hint: words.passwordHint,
  },
];

/** The token stands after the # of the address, which browsers keep to themselves. */
function takeToken(): string {
  return decodeURIComponent(window.location.hash.slice(1));
}

export function JoinPage({ mayBeSignedIn }: { mayBeSignedIn: boolean }) {
  return (
    <>
      <h1 className="text-xl font-semibold tracking-tight">{words.join.title}</h1>
      <p className="mt-2 max-w-prose text-quiet">{words.join.note}</p>
      {mayBeSignedIn ? <AsIAm /> : null}
      <SessionForm
        fields={FIELDS}
        label={words.join.send}
        isFirst={!mayBeSignedIn}
        goTo="/"
        onSubmit={({ name = '', email = '', password = '' }) =>
          act('auth.join', { token: takeToken(), name, email, password })
        }
      />
      <ProviderButtons wish={() => ({ invitation: takeToken() })} />
    </>
  );
}

/** Whoever is signed in joins with the account that they have. */
function AsIAm() {
  const [me, setMe] = useState<Answer<'me.get'>>();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  useEffect(() => {
    // The session has ended: then there is nothing to offer.
    ask('me.get', {}).then(setMe, () => undefined);
  }, []);
  if (me?.kind !== 'person') return null;
  const accept = () => {
    setBusy(true);
    act('invites.accept', { token: takeToken() }).then(
      () => window.location.assign('/'),
      (failure) => {
        setBusy(false);
        setError(failure as ApiError);
      },
    );
  };
  return (
    <div className="mt-6 flex max-w-sm flex-col gap-3">
      {error ? <Notice message={error.message} advice={error.advice} /> : null}
      <Button look="primary" size="lg" wide busy={isBusy} onClick={accept}>
        {words.join.as(me.name)}
      </Button>
      <p className="text-sm text-quiet">{words.join.orAnother}</p>
    </div>
  );
}
