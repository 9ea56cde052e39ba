'use client';

import { useEffect, useState } from 'react';
import { ApiError, api } from '../data/api.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/feedback.tsx';

/** Other ways in, if there are any: away to the provider, and back. */
export function ProviderButtons({ wish }: { wish(): { next?: string; invitation?: string } }) {
  const [providers, setProviders] = useState<{ id: string; name: string }[]>([]);
  const [going, setGoing] = useState<string>();
  const [error, setError] = useState<ApiError>();
  useEffect(() => {
    // Without the list there is still the password.
    api.listProviders().then(setProviders, () => undefined);
  }, []);
  const go = (id: string) => {
    setGoing(id);
    api.startProvider(id, wish()).then(
      (url) => window.location.assign(url),
      (failure) => {
        setGoing(undefined);
        setError(failure instanceof ApiError ? failure : new ApiError(String(failure), undefined));
      },
    );
  };
  if (providers.length === 0) return null;
  return (
    <div className="mt-6 flex max-w-sm flex-col gap-2">
      {error ? <Notice message={error.message} advice={error.advice} /> : null}
      {providers.map(({ id, name }) => (
        <Button key={id} size="lg" wide busy={going === id} onClick={() => go(id)}>
          {`Go on with ${name}`}
        </Button>
      ))}
    </div>
  );
}
