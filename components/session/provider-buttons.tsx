'use client';

import { useEffect, useState } from 'react';
import { type Answer, type ApiError, ask, rest } from '../data/index.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/feedback.tsx';
import { words } from './words.ts';

/** What is wanted there, beside signing in. */
interface ProviderWish {
  next?: string;
  invitation?: string;
  /** To be known by that account from now on, with a proof of who asks. */
  link?: true;
  current_password?: string;
}

/** Where to go. */
export async function startProvider(id: string, wish: ProviderWish): Promise<string> {
  const response = await rest(`/auth/providers/${encodeURIComponent(id)}/start`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wish),
  });
  const { url } = (await response.json()) as { url: string };
  return url;
}

/** Other ways in, if there are any: away to the provider, and back. */
export function ProviderButtons({ wish }: { wish(): ProviderWish }) {
  const [providers, setProviders] = useState<Answer<'auth.providers'>['providers']>([]);
  const [going, setGoing] = useState<string>();
  const [error, setError] = useState<ApiError>();
  useEffect(() => {
    // Without the list there is still the password.
    ask('auth.providers', {}).then(
      (answer) => setProviders(answer.providers),
      () => undefined,
    );
  }, []);
  const go = (id: string) => {
    setGoing(id);
    startProvider(id, wish()).then(
      (url) => window.location.assign(url),
      (failure) => {
        setGoing(undefined);
        setError(failure as ApiError);
      },
    );
  };
  if (providers.length === 0) return null;
  return (
    <div className="mt-6 flex max-w-sm flex-col gap-2">
      {error ? <Notice message={error.message} advice={error.advice} /> : null}
      {providers.map(({ id, name }) => (
        <Button key={id} size="lg" wide busy={going === id} onClick={() => go(id)}>
          {words.goOnWith(name)}
        </Button>
      ))}
    </div>
  );
}
