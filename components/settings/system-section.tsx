'use client';

import { useQuery } from '@tanstack/react-query';
import { CircleAlert } from 'lucide-react';
import { type Answer, query } from '../data/index.ts';
import { lookOfCondition, lookOfPart } from '../looks/index.ts';
import { Broken } from '../shell/broken.tsx';
import { Skeleton } from '../ui/feedback.tsx';
import { formatBytes, formatCount, formatDuration, formatRound } from '../ui/format.ts';
import { StatusText } from '../ui/status.tsx';
import { Card } from '../ui/surface.tsx';
import { Table } from '../ui/table.tsx';
import { systemWords } from './system-words.ts';

type Settings = Answer<'system.settings'>;
type Health = Answer<'system.health'>;
type Part = keyof Health['parts'];

const PARTS: Record<Part, string> = systemWords.parts;
type Condition = Health['conditions'][number];

const CONDITIONS: Record<Condition['name'], string> = systemWords.conditions;
const REFRESH_MS = 5000;

export function SystemSection() {
  const health = useQuery({ ...query('system.health', {}), refetchInterval: REFRESH_MS });
  const settings = useQuery(query('system.settings', {}));
  return (
    <>
      <Broken of={[health, settings]} />
      <Card title={systemWords.leansOn} flush>
        {health.data && settings.data ? (
          <Parts health={health.data} kinds={settings.data.kinds} />
        ) : (
          <Skeleton label={systemWords.asking} rows={4} />
        )}
      </Card>
      {health.data ? (
        <Processes all={health.data.processes} />
      ) : (
        <Card title={systemWords.minutes} flush>
          <Skeleton label={systemWords.loading} rows={9} />
        </Card>
      )}
      <WaysToSignIn />
      <Card title={systemWords.settings} flush>
        {settings.data ? (
          <Facts facts={factsOf(settings.data)} />
        ) : (
          <Skeleton label={systemWords.loading} rows={4} />
        )}
        <p className="border-t border-line px-4 py-2.5 text-sm text-quiet">{systemWords.where}</p>
      </Card>
    </>
  );
}

function Parts({ health, kinds }: { health: Health; kinds: Settings['kinds'] }) {
  return (
    <Table
      label={systemWords.leansOn}
      rows={Object.keys(PARTS) as Part[]}
      keyOf={(part) => part}
      columns={[
        {
          key: 'part',
          title: systemWords.part,
          takesRest: true,
          cell: (part) => <span className="font-medium">{PARTS[part]}</span>,
        },
        { key: 'kind', title: systemWords.kind, cell: (part) => kinds[part] },
        {
          key: 'state',
          title: systemWords.state,
          onPhone: 'side',
          cell: (part) => <StatusText look={lookOfPart(health.parts[part].ok)} />,
        },
        {
          key: 'latency',
          title: systemWords.latency,
          align: 'end',
          cell: (part) => {
            const { latency_ms: ms, note } = health.parts[part];
            return ms === null ? (note ?? systemWords.noAnswer) : latencyOf(ms);
          },
        },
      ]}
    />
  );
}

const latencyOf = (ms: number): string => (ms < 1 ? systemWords.underOneMs : formatDuration(ms));

/** One alone needs no name. */
function Processes({ all }: { all: Health['processes'] }) {
  return all.map(({ name, is_this: isThis, conditions }, at) => {
    const known = name ?? systemWords.processOf(at + 1);
    const shown = isThis ? systemWords.thisProcess(known) : known;
    const title = all.length === 1 ? systemWords.minutes : systemWords.minutesOf(shown);
    return (
      <Card key={known} title={title} flush>
        <Remedies all={conditions.filter(({ triggered }) => triggered)} />
        <Conditions title={title} all={conditions} />
      </Card>
    );
  });
}

const show = (value: number, unit: Condition['unit']): string =>
  unit === 'ms' ? formatRound(value) : systemWords.percent(formatCount(value));

/** What is beyond its limit, and what helps: read out by nobody anew each time that a value moves. */
function Remedies({ all }: { all: Condition[] }) {
  if (all.length === 0) return null;
  return (
    <ul aria-label={systemWords.whatToDo} className="border-b border-line bg-bad-soft px-4">
      {all.map(({ name, value, limit, unit }) => (
        <li key={name} className="flex items-start gap-3 py-3 not-last:border-b not-last:border-bad/20">
          <CircleAlert aria-hidden size={16} className="mt-0.5 shrink-0 text-bad" />
          <div className="min-w-0 text-sm">
            <p className="font-medium text-bad">{sayBeyond({ name, value: value ?? limit, limit, unit })}</p>
            <p className="mt-0.5 max-w-prose">{systemWords.whatHelps[name]}</p>
          </div>
        </li>
      ))}
    </ul>
  );
}

function sayBeyond({
  name,
  value,
  limit,
  unit,
}: Pick<Condition, 'name' | 'limit' | 'unit'> & { value: number }) {
  const say = value < limit ? systemWords.below : systemWords.beyond;
  return say(CONDITIONS[name], show(value, unit), show(limit, unit));
}

function Conditions({ title, all }: { title: string; all: Condition[] }) {
  return (
    <Table
      label={title}
      rows={all}
      keyOf={({ name }) => name}
      columns={[
        { key: 'what', title: systemWords.what, takesRest: true, cell: ({ name }) => CONDITIONS[name] },
        {
          key: 'state',
          title: systemWords.state,
          onPhone: 'side',
          cell: (one) => <StatusText look={lookOfCondition(one)} />,
        },
        {
          key: 'value',
          title: systemWords.value,
          align: 'end',
          cell: ({ value, unit }) => (value === null ? '–' : show(value, unit)),
        },
        {
          key: 'limit',
          title: systemWords.limit,
          align: 'end',
          cell: ({ limit, unit }) => show(limit, unit),
        },
      ]}
    />
  );
}

function factsOf(settings: Settings): [string, string][] {
  const { succeeded, failed, cancelled } = settings.retention_days;
  const { max_concurrent_tasks: most } = settings;
  const { facts } = systemWords;
  return [
    [facts.kept, facts.days(succeeded, failed, cancelled)],
    [facts.payload, formatBytes(settings.payload_max_bytes)],
    [facts.inline, formatBytes(settings.payload_inline_max_bytes)],
    [facts.timeout, formatRound(settings.task_timeout_ms)],
    [facts.agents, formatCount(settings.max_agents)],
    [facts.tasks, most === null ? facts.noMost : formatCount(most)],
    [facts.roles, settings.roles.join(', ')],
  ];
}

/** Passwords and passkeys, and the providers that whoever runs the server has named. */
function WaysToSignIn() {
  const { data } = useQuery(query('auth.providers', {}));
  const { signIn: said } = systemWords;
  const rows = [
    { id: ' password', name: said.password, kind: said.passwordNote },
    { id: ' passkey', name: said.passkey, kind: said.passkeyNote },
    ...(data?.providers ?? []).map(({ id, name }) => ({ id, name, kind: said.provider })),
  ];
  return (
    <Card title={said.title} flush>
      <Table
        label={said.title}
        rows={rows}
        keyOf={({ id }) => id}
        columns={[
          { key: 'name', title: said.way, cell: ({ name }) => <span className="font-medium">{name}</span> },
          { key: 'kind', title: said.kind, cell: ({ kind }) => kind },
        ]}
      />
      <p className="border-t border-line px-4 py-2.5 text-sm text-quiet">{said.more}</p>
    </Card>
  );
}

function Facts({ facts }: { facts: readonly [string, string][] }) {
  return (
    <dl className="grid grid-cols-2 gap-x-6 px-4 py-2 text-sm sm:grid-cols-[auto_1fr]">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="py-1 text-quiet">{name}</dt>
          <dd className="py-1">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
