'use client';

import { useEffect, useState } from 'react';
import { Link } from '../ui/link.tsx';
import { Card } from '../ui/surface.tsx';
import { CopyBlock, CopyText } from '../ui/text.tsx';
import { clientSnippets, programSnippet, words } from './words.ts';

const said = words.client;

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
        </dl>
        <p className="mt-3 text-sm text-quiet">
          {said.note}{' '}
          <Link href="/settings/keys" className="text-accent underline underline-offset-2">
            {said.keys}
          </Link>
        </p>
      </Card>
      {clientSnippets('signalbox', address).map(({ client, text }) => (
        <Card key={client} title={client}>
          <CopyBlock label={client}>{text}</CopyBlock>
        </Card>
      ))}
      <Card title={said.program}>
        <CopyBlock label={said.program}>{programSnippet(origin)}</CopyBlock>
      </Card>
    </div>
  );
}
