'use client';

import { useQuery } from '@tanstack/react-query';
import { Activity, KeyRound, SlidersHorizontal, Unplug } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { type ReactNode, useState } from 'react';
import type { Answer, Input } from '../data/index.ts';
import { query } from '../data/index.ts';
import { lookOfConnection, stateOfConnection } from '../looks/index.ts';
import { Broken } from '../shell/broken.tsx';
import { isMissing, NoThing } from '../shell/lost.tsx';
import { useAct } from '../shell/use-act.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { Switch } from '../ui/choice.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Notice, Skeleton } from '../ui/feedback.tsx';
import { formatBytes, formatCount, formatDuration } from '../ui/format.ts';
import { StatusPill } from '../ui/status.tsx';
import { Card, Page, PageHead } from '../ui/surface.tsx';
import { Ago, CopyText } from '../ui/text.tsx';
import { ConnectionKeys } from './connection-keys.tsx';
import { ConnectionLimits } from './connection-limits.tsx';
import { keysOf } from './keys-of.ts';
import { SignIn } from './sign-in.tsx';
import { ToolList } from './tool-list.tsx';
import { words } from './words.ts';

type Connection = Answer<'mcp.connection'>;
type Id = Input<'mcp.connection'>['id'];

const REFRESH_MS = 5000;
const UP = { label: words.title, href: '/connections' };

export function ConnectionPage({ id }: { id: string }) {
  const asked = useQuery({
    ...query('mcp.connection', { id: id as Id }),
    refetchInterval: REFRESH_MS,
  });
  const { data, error } = asked;
  if (!data && error && isMissing(error)) return <NoThing title={words.missing} up={UP} />;
  if (!data)
    return (
      <Page>
        <PageHead trail={[UP]} title={words.where} />
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
        trail={[UP]}
        title={
          <>
            {data.name}
            <span className="text-base font-normal">
              <StatusPill look={lookOfConnection(stateOfConnection(data))} />
            </span>
          </>
        }
        note={<CopyText text={data.url ?? data.program ?? ''} what={words.addressWhat} />}
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

/** What everybody shares is not for whoever may only connect something for themselves; programs are for few. */
function useIsTheirs({ kind, owner_id: ownerId }: Connection): boolean {
  const may = useMay();
  return may(ownerId === null ? 'mcp.manage' : 'mcp.connect') && (kind !== 'stdio' || may('mcp.program'));
}

function Actions({ connection }: { connection: Connection }) {
  const { push } = useRouter();
  const isTheirs = useIsTheirs(connection);
  const [isGoing, setGoing] = useState(false);
  const test = useAct('mcp.test', {
    done: ({ status, latency_ms, problem }) =>
      // status-words: of an answer of the gateway
      status === 'connected' ? words.tested(latency_ms) : words.failed(problem),
  });
  const update = useAct('mcp.update');
  const disconnect = useAct('mcp.disconnect', { onDone: () => push('/connections') });
  const { id, name, enabled } = connection;
  if (!isTheirs) return null;
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

/** What whoever looks after it can change of how it is reached. */
function Changes({ connection }: { connection: Connection }) {
  const [changing, setChanging] = useState<'limits' | 'keys'>();
  const { data } = useQuery(query('mcp.catalogue', {}));
  const keys = data ? keysOf(connection, data.servers) : null;
  const close = () => setChanging(undefined);
  return (
    <>
      <span className="flex flex-wrap gap-2">
        {keys ? (
          <Button size="sm" icon={KeyRound} onClick={() => setChanging('keys')}>
            {words.keys.change}
          </Button>
        ) : null}
        <Button size="sm" icon={SlidersHorizontal} onClick={() => setChanging('limits')}>
          {words.reach.change}
        </Button>
      </span>
      {keys && changing === 'keys' ? <ConnectionKeys {...{ connection, keys }} onClose={close} /> : null}
      {changing === 'limits' ? <ConnectionLimits connection={connection} onClose={close} /> : null}
    </>
  );
}

function Facts({ connection }: { connection: Connection }) {
  const said = words.reach;
  const { health, args, breaker, sealed_names: sealed, secret_names: secrets } = connection;
  const isTheirs = useIsTheirs(connection);
  const facts: [string, ReactNode][] = [
    [said.latency, health?.latency_ms == null ? '–' : words.took(health.latency_ms)],
    [said.asked, health ? <Ago key="at" at={health.at} /> : '–'],
    [said.breaker, said.breakers[breaker.state]],
    [said.inFlight, formatCount(connection.in_flight)],
    [said.speaks, health?.generation ?? said.notKnown],
    [said.name, [health?.server_name, health?.server_version].filter(Boolean).join(' ') || '–'],
    [said.perMinute, formatCount(connection.calls_per_minute)],
    [said.atOnce, formatCount(connection.max_concurrent)],
    [said.timeout, formatDuration(connection.timeout_ms)],
    [said.largest, formatBytes(connection.max_result_bytes)],
    [said.sealed, sealed.join(', ') || said.none],
    ...(secrets.length === 0 ? [] : [[said.secrets, secrets.join(', ')] as [string, ReactNode]]),
    ...(args.length === 0 ? [] : [[said.args, args.join(' ')] as [string, ReactNode]]),
  ];
  return (
    <Card title={said.title} actions={isTheirs ? <Changes connection={connection} /> : undefined}>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-1 text-sm sm:grid-cols-[auto_1fr]">
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
