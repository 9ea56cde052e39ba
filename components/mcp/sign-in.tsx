'use client';

import { LogIn, LogOut } from 'lucide-react';
import { useState } from 'react';
import { type Answer, type ApiError, rest } from '../data/index.ts';
import { useAct } from '../shell/use-act.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/feedback.tsx';
import { Card } from '../ui/surface.tsx';
import { Ago } from '../ui/text.tsx';
import { words } from './words.ts';

type Connection = Answer<'mcp.connection'>;

async function begin(id: string): Promise<string> {
  const response = await rest(`/mcp/connections/${encodeURIComponent(id)}/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  return ((await response.json()) as { url: string }).url;
}

/** Away to whoever gives out tokens for the server, and back. */
export function SignIn({ connection }: { connection: Connection }) {
  const { id, sign_in: signIn } = connection;
  const [isGoing, setGoing] = useState(false);
  const [error, setError] = useState<ApiError>();
  const signOut = useAct('mcp.signOut', { done: words.signedOut, refresh: [['mcp']] });
  if (!signIn) return null;
  const { state, mode, problem, wanted, granted, issuer, may_i: mayI } = signIn;
  // status-words: of a sign-in
  const isIn = state === 'signed-in';
  const isEnough = isIn && wanted === null;
  const go = () => {
    setGoing(true);
    begin(id).then(
      (url) => window.location.assign(url),
      (failure) => {
        setGoing(false);
        setError(failure as ApiError);
      },
    );
  };
  return (
    <Card
      title={words.signInTitle}
      actions={
        mayI ? (
          <span className="flex gap-2">
            {isIn ? (
              <Button size="sm" icon={LogOut} busy={signOut.isBusy} onClick={() => signOut.run({ id })}>
                {words.signOut}
              </Button>
            ) : null}
            <Button size="sm" icon={LogIn} look={isEnough ? 'plain' : 'primary'} busy={isGoing} onClick={go}>
              {isIn ? words.signInAgain : words.signIn}
            </Button>
          </span>
        ) : undefined
      }
    >
      <p className="text-sm">{words.signInState(isIn, mode)}</p>
      {problem === null ? null : <p className="mt-1 text-sm text-warn">{problem}</p>}
      {wanted === null ? null : <p className="mt-1 text-sm text-warn">{words.wanted(wanted)}</p>}
      <p className="mt-1 text-sm text-quiet">
        {[issuer && words.issuedBy(issuer), granted && words.granted(granted)].filter(Boolean).join(' · ')}
        {isIn && signIn.expires_at ? (
          <>
            {' · '}
            {words.renewedBy} <Ago at={signIn.expires_at} />
          </>
        ) : null}
      </p>
      {mayI ? null : <p className="mt-1 text-sm text-quiet">{words.notYours}</p>}
      {error ? <Notice message={error.message} advice={error.advice} /> : null}
    </Card>
  );
}
