'use client';

import { Fingerprint } from 'lucide-react';
import { useState } from 'react';
import type { ApiError } from '../data/index.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/feedback.tsx';
import { useIsAlive } from '../ui/use-is-alive.ts';
import { canUsePasskeys, signInByPasskey } from './passkey.ts';
import { words } from './words.ts';

/** In without a password: the browser asks which passkey, and whether it is really them. */
export function PasskeyButton({ goTo }: { goTo: string }) {
  const isAlive = useIsAlive();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  // Only the browser knows.
  if (!isAlive || !canUsePasskeys()) return null;
  const go = () => {
    setBusy(true);
    setError(undefined);
    signInByPasskey().then(
      () => window.location.assign(goTo),
      (failure) => {
        setBusy(false);
        setError(failure as ApiError);
      },
    );
  };
  return (
    <div className="mt-3 flex max-w-sm flex-col">
      {error ? <Notice message={error.message} advice={error.advice} /> : null}
      <Button size="lg" wide icon={Fingerprint} busy={isBusy} onClick={go}>
        {words.passkey.signIn}
      </Button>
    </div>
  );
}
