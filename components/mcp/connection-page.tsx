'use client';

import { useQuery } from '@tanstack/react-query';
import { Activity, Unplug } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import type { Answer, Input } from '../data/index.ts';
import { query } from '../data/index.ts';
import { lookOfConnection } from '../looks/index.ts';
import { Broken } from '../shell/broken.tsx';
import { useAct } from '../shell/use-act.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { Switch } from '../ui/choice.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Notice, Skeleton } from '../ui/feedback.tsx';
import { formatBytes, formatCount, formatDuration } from '../ui/format.ts';
import { StatusPill } from '../ui/status.tsx';
import { Card, Page, PageHead } from '../ui/surface.tsx';
import { CopyText } from '../ui/text.tsx';
import { stateOf } from './connections.tsx';
import { SignIn } from './sign-in.tsx';
import { ToolList } from './tool-list.tsx';
import { words } from './words.ts';

type Connection = Answer<'mcp.connection'>;
type Id = Input<'mcp.connection'>['id'];

const REFRESH_MS = 5000;

export function ConnectionPage({ id }: { id: string }) {
  const asked = useQuery({
    ...query('mcp.connection', { id: id as Id }),
    refetchInterval: REFRESH_MS,
  });
  const { data, error } = asked;
  if (!data)
    return (
      <Page>
        {error ? (
          <Broken of={asked} />
        ) : (
          <Card flush>
            <Skeleton label={words.title} rows={8} />
          </Card>
        )}
      </Page>
    );
  return (
    <Page>
      <PageHead
        trail={[{ label: words.title, href: '/connections' }]}
        title={
          <>
            {data.name}
            <span className="text-base font-normal">
              <StatusPill look={lookOfConnection(stateOf(data))} />
            </span>
          </>
        }
        note={<CopyText text={data.url ?? data.program ?? ''} what="the address" />}
        actions={<Actions connection={data} />}
      />
      {data.health?.problem ? <Notice message={data.health.problem} /> : null}
      <div className="flex flex-col gap-5">
        <SignIn connection={data} />
        <ToolList connection={data} />
        <Facts connection={data} />
      </div>
    </Page>
  );
}

function Actions({ connection }: { connection: Connection }) {
  const { push } = useRouter();
  const may = useMay();
  const [isGoing, setGoing] = useState(false);
  const test = useAct('mcp.test', {
    done: ({ status, latency_ms, problem }) =>
      // status-words: of an answer of the gateway
      status === 'connected' ? words.tested(latency_ms) : words.failed(problem),
  });
  const update = useAct('mcp.update');
  const disconnect = useAct('mcp.disconnect', { onDone: () => push('/connections') });
  const { id, name, enabled, kind, owner_id: ownerId } = connection;
  // What everybody shares is not for whoever may only connect something for themselves.
  const isTheirs = may(ownerId === null ? 'mcp.manage' : 'mcp.connect');
  if (!isTheirs || (kind === 'stdio' && !may('mcp.program'))) return null;
  return (
    <>
      <Switch
        label={words.on}
        checked={enabled}
        disabled={update.isBusy}
        onChange={(next) => update.run({ id, enabled: next })}
      />
      <Button icon={Activity} busy={test.isBusy} onClick={() => test.run({ id })}>
        {words.test}
      </Button>
      <Button icon={Unplug} onClick={() => setGoing(true)}>
        {words.disconnect}
      </Button>
      <ConfirmDialog
        open={isGoing}
        onOpenChange={setGoing}
        title={words.disconnectTitle(name)}
        consequence={words.disconnectConsequence}
        confirmLabel={words.disconnect}
        danger
        onConfirm={() => disconnect.run({ id })}
      />
    </>
  );
}

function Facts({ connection }: { connection: Connection }) {
  const said = words.reach;
  const { health, args, sealed_names: sealed } = connection;
  const facts: [string, string][] = [
    [said.speaks, health?.generation ?? said.notKnown],
    [said.name, [health?.server_name, health?.server_version].filter(Boolean).join(' ') || '–'],
    [said.perMinute, formatCount(connection.calls_per_minute)],
    [said.atOnce, formatCount(connection.max_concurrent)],
    [said.timeout, formatDuration(connection.timeout_ms)],
    [said.largest, formatBytes(connection.max_result_bytes)],
    [said.sealed, sealed.join(', ') || said.none],
    ...(args.length === 0 ? [] : [[said.args, args.join(' ')] as [string, string]]),
  ];
  return (
    <Card title={said.title}>
      <dl className="grid gap-x-6 gap-y-1 text-sm sm:grid-cols-[auto_1fr]">
        {facts.map(([label, value]) => (
          <div key={label} className="contents">
            <dt className="text-quiet">{label}</dt>
            <dd className="break-words">{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
