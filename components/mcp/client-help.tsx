'use client';

import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { readIssuers } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { Skeleton } from '../ui/feedback.tsx';
import { Link } from '../ui/link.tsx';
import { Card } from '../ui/surface.tsx';
import { CopyBlock, CopyText } from '../ui/text.tsx';
import { clientSnippets, programSnippet, searchAddress, signInSnippets, words } from './words.ts';

const said = words.client;
const LINK = 'text-accent underline underline-offset-2';

/** What to type into a client so that it reaches this server. */
export function ClientHelp() {
  const [origin, setOrigin] = useState('');
  useEffect(() => setOrigin(window.location.origin), []);
  const address = `${origin}/mcp`;
  const gateway = `${address}/gateway`;
  return (
    <div className="flex flex-col gap-4">
      <Card title={said.addresses}>
        <dl className="grid items-center gap-x-6 gap-y-1 text-sm sm:grid-cols-[auto_1fr]">
          <dt className="text-quiet">{said.own}</dt>
          <dd>
            <CopyText text={address} what={said.ownWhat} />
          </dd>
          <dt className="text-quiet">{said.gateway}</dt>
          <dd>
            <CopyText text={gateway} what={said.gatewayWhat} />
          </dd>
          <dt className="text-quiet">{words.bySearch}</dt>
          <dd>
            <CopyText text={searchAddress(gateway)} what={words.bySearchWhat} />
          </dd>
        </dl>
        <p className="mt-3 text-sm text-quiet">{said.note}</p>
      </Card>
      <SignIn address={address} />
      <Card title={said.withKey}>
        <p className="mb-3 text-sm text-quiet">
          {said.withKeyNote}{' '}
          <Link href="/settings/keys" className={LINK}>
            {said.keys}
          </Link>
        </p>
        <Snippets all={clientSnippets('signalbox', address)} />
      </Card>
      <Card title={said.program}>
        <CopyBlock label={said.program}>{programSnippet(origin)}</CopyBlock>
      </Card>
    </div>
  );
}

/** Only where somebody signs people in at this address. */
function SignIn({ address }: { address: string }) {
  const asked = useQuery({
    queryKey: ['issuers'],
    queryFn: ({ signal }) => readIssuers(signal),
  });
  const { data, error } = asked;
  if (error && !data) return <Broken of={asked} />;
  return (
    <Card title={said.signIn}>
      {data === undefined ? <Skeleton label={said.signIn} rows={3} /> : null}
      {data?.length === 0 ? <p className="text-sm text-quiet">{said.noSignIn}</p> : null}
      {data?.[0] === undefined ? null : (
        <>
          <p className="mb-3 text-sm text-quiet">
            {said.signInNote} {said.signInWhere(data[0])}{' '}
            <Link href="/settings/apps" className={LINK}>
              {said.apps}
            </Link>
          </p>
          <Snippets all={signInSnippets('signalbox', address)} />
        </>
      )}
    </Card>
  );
}

function Snippets({ all }: { all: readonly { client: string; text: string }[] }) {
  return (
    <div className="flex flex-col gap-3">
      {all.map(({ client, text }) => (
        <div key={client}>
          <h3 className="mb-1 text-sm font-medium">{client}</h3>
          <CopyBlock label={client}>{text}</CopyBlock>
        </div>
      ))}
    </div>
  );
}
