'use client';

import Link from 'next/link';
import { useEffect, useState } from 'react';
import { Card } from '../ui/surface.tsx';
import { Code, CopyText } from '../ui/text.tsx';

/** What to type into a client so that it reaches this server. */
export function ClientHelp() {
  const [origin, setOrigin] = useState('');
  useEffect(() => setOrigin(window.location.origin), []);
  const address = `${origin}/mcp`;
  const gateway = `${origin}/mcp/gateway`;
  return (
    <div className="flex flex-col gap-4">
      <Card title="Addresses">
        <dl className="grid gap-x-6 gap-y-2 text-sm sm:grid-cols-[auto_1fr]">
          <dt className="text-quiet">Pipelines, runs, workspaces, agents</dt>
          <dd>
            <CopyText text={address} what="the address" />
          </dd>
          <dt className="text-quiet">Every connected server, as one</dt>
          <dd>
            <CopyText text={gateway} what="the address of the gateway" />
          </dd>
        </dl>
        <p className="mt-3 text-sm text-quiet">
          Clients sign in with a key as their bearer token: make one under{' '}
          <Link href="/settings/keys" className="text-accent underline underline-offset-2">
            API keys
          </Link>
          . Clients of both generations of the protocol are served.
        </p>
      </Card>
      <Card title="Claude Code">
        <Code label="Claude Code">
          {`claude mcp add --transport http signalbox ${address} --header "Authorization: Bearer $SIGNALBOX_TOKEN"`}
        </Code>
      </Card>
      <Card title="Cursor, and others that read a file">
        <Code label="Cursor">
          {JSON.stringify(
            { mcpServers: { signalbox: { url: address, headers: { Authorization: 'Bearer YOUR_KEY' } } } },
            null,
            2,
          )}
        </Code>
      </Card>
      <Card title="Clients that start a program">
        <Code label="Program">{`npx signalbox mcp --url ${origin}`}</Code>
      </Card>
    </div>
  );
}
