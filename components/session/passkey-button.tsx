'use client';

import { Fingerprint } from 'lucide-react';
import { useEffect, useEffectEvent, useState } from 'react';
import type { ApiError } from '../data/index.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/feedback.tsx';
import { useIsAlive } from '../ui/use-is-alive.ts';
import { canUsePasskeys, offerPasskeys, signInByPasskey } from './passkey.ts';
import { words } from './words.ts';

/**
 * In without a password: the browser asks which passkey, and whether it is really them. Beside the button passkeys are
 * offered where the e-mail is filled in, until the button is used: browsers ask one thing at a time.
 */
export function PasskeyButton({ goTo }: { goTo: string }) {
  const isAlive = useIsAlive();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const follow = (signedIn: Promise<unknown>) => {
    setBusy(true);
    setError(undefined);
    signedIn.then(
      () => window.location.assign(goTo),
      (failure) => {
        setBusy(false);
        setError(failure as ApiError);
      },
    );
  };
  const onTaken = useEffectEvent(follow);
  useEffect(() => {
    if (isBusy) return undefined;
    const offer = offerPasskeys(onTaken);
    return () => offer.stop();
  }, [isBusy]);
  // Only the browser knows.
  if (!isAlive || !canUsePasskeys()) return null;
  return (
    <div className="mt-3 flex max-w-sm flex-col">
      {error ? <Notice message={error.message} advice={error.advice} /> : null}
      <Button size="lg" wide icon={Fingerprint} busy={isBusy} onClick={() => follow(signInByPasskey())}>
        {words.passkey.signIn}
      </Button>
    </div>
  );
}
