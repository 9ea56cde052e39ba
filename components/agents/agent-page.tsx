'use client';

import { useQuery } from '@tanstack/react-query';
import { conditionOf, endedOf, failedOf } from '../../server/domain/agent-condition.ts';
import { query, useFresh } from '../data/index.ts';
import { lookOfAgent } from '../looks/index.ts';
import { Broken } from '../shell/broken.tsx';
import { isMissing, NoThing } from '../shell/lost.tsx';
import { Sparkline } from '../ui/chart/index.ts';
import { useNow } from '../ui/clock.ts';
import { Skeleton } from '../ui/feedback.tsx';
import { formatDuration, formatMoment } from '../ui/format.ts';
import { Link } from '../ui/link.tsx';
import { StateTimeline, StatusPill, StatusText } from '../ui/status.tsx';
import { Card, Figure, Page, PageHead } from '../ui/surface.tsx';
import { Table } from '../ui/table.tsx';
import { Ago, Chip, Code, CopyText, Elapsed } from '../ui/text.tsx';
import { AgentWork } from './agent-work.tsx';
import { spansOf } from './day-of-agent.ts';
import { OrderButtons } from './order-menu.tsx';
import {
  type Activity,
  AGE_MS,
  type Agent,
  beatAgeOf,
  type FleetAgent,
  NOTHING,
  useFleet,
} from './use-fleet.ts';
import { words } from './words.ts';

const UP = { label: words.title, href: '/agents' };
const TRAIL = [UP];

export function AgentPage({ id }: { id: string }) {
  const question = query('agents.get', { id: id as Agent['id'] });
  const asked = useQuery({ ...question, refetchInterval: 5000 });
  const { data: agent, error } = asked;
  useFresh({ agent_id: id as Agent['id'] }, { keys: [question.queryKey], everyMs: 1000 });
  const { agents: fleet, activityOf } = useFleet();
  const condition = agent && conditionOf(agent.state, activityOf(agent.id));
  if (!agent && error && isMissing(error)) return <NoThing title={words.agent.missing} up={UP} />;
  if (!agent || !condition)
    return (
      <Page>
        <PageHead title={words.agent.one} trail={TRAIL} />
        {error ? (
          <Broken of={asked} />
        ) : (
          <Card flush>
            <Skeleton label={words.loading} rows={10} />
          </Card>
        )}
      </Page>
    );
  return (
    <Page>
      <PageHead
        trail={TRAIL}
        title={
          <>
            <span className="min-w-0 break-words">{agent.name}</span>
            <span aria-live="polite" className="text-base font-normal tracking-normal">
              <StatusPill look={lookOfAgent(condition)} />
            </span>
          </>
        }
        note={<HeadNote agent={agent} isFailing={condition === 'failing'} />}
        actions={<OrderButtons agent={agent} />}
      />
      <Broken of={asked} />
      <div className="flex flex-col gap-5">
        <Figures agent={agent} activity={activityOf(agent.id)} />
        <Day agent={agent} />
        <AgentWork id={agent.id} />
        <Instances agent={agent} fleet={fleet ?? []} />
        <Facts agent={agent} />
      </div>
    </Page>
  );
}

function HeadNote({ agent, isFailing }: { agent: Agent; isFailing: boolean }) {
  return (
    <span className="flex flex-wrap items-center gap-x-3 text-sm">
      <CopyText what={words.agent.id} text={agent.id} />
      <span>
        {words.agent.stateFor} <Elapsed since={agent.since} />
      </span>
      {agent.reason ? (
        <span>
          {words.agent.ordered}: <span className="text-text">{words.agent.orderedBy(agent.reason)}</span>
        </span>
      ) : null}
      {isFailing ? <span className="text-warn">{words.agent.failing}</span> : null}
    </span>
  );
}

function Figures({ agent, activity }: { agent: Agent; activity: Activity | undefined }) {
  const now = useNow(AGE_MS);
  const [ended, bad] = activity ? [endedOf(activity), failedOf(activity)] : [];
  const tookOf = (ms: number | undefined) => (ms === undefined || !ended ? '–' : formatDuration(ms));
  const age = beatAgeOf(agent, now);
  return (
    <section
      aria-label={words.agent.hour}
      className="grid grid-cols-2 gap-3 max-md:*:last:odd:col-span-2 md:grid-cols-3 lg:grid-cols-5"
    >
      <Figure label={words.agent.figures.room} value={words.slots(agent.in_flight, agent.max_concurrency)} />
      <Figure
        label={words.agent.figures.beat}
        value={age === null ? '–' : words.beatAge(age)}
        note={words.beatTitle}
      />
      <Figure label={words.agent.figures.ended} value={ended ?? '–'} note={words.agent.hour}>
        <Sparkline label={words.sparkline(agent.name)} values={activity?.ended ?? NOTHING} />
      </Figure>
      <Figure
        label={words.agent.figures.failed}
        value={bad ?? '–'}
        unit={ended ? words.agent.figures.shareOf((bad ?? 0) / ended, ended) : ''}
        note={words.agent.hour}
      />
      <Figure
        label={words.agent.figures.mean}
        value={tookOf(activity && activity.busy_ms / (ended ?? 1))}
        note={`${words.agent.figures.longest}: ${tookOf(activity?.longest_ms)}`}
      />
    </section>
  );
}

function Day({ agent }: { agent: Agent }) {
  const question = query('agents.history', { id: agent.id });
  const asked = useQuery({ ...question, refetchInterval: 60_000 });
  const { data, error } = asked;
  useFresh({ agent_id: agent.id }, { keys: [question.queryKey], everyMs: 2000 });
  const spans = (data ? spansOf(data) : []).map(({ from, to, state }) => {
    const look = state && lookOfAgent(state);
    const range = `${formatMoment(new Date(from).toISOString())} – ${formatMoment(new Date(to).toISOString())}`;
    return {
      key: String(from),
      share: to - from,
      ...(look ? { look } : {}),
      title: `${look?.label ?? words.agent.unknown}: ${range}`,
    };
  });
  return (
    <Card title={words.agent.history}>
      {error ? <Broken of={asked} /> : null}
      <div className="h-6">
        <StateTimeline label={words.agent.historyLabel(agent.name)} spans={spans} />
      </div>
      <p aria-hidden className="mt-1 flex justify-between text-xs text-quiet">
        <span>{words.agent.dayAgo}</span>
        <span>{words.agent.now}</span>
      </p>
    </Card>
  );
}

/** Its name outlives programs: each that has come under it, one after the other or side by side. */
function Instances({ agent, fleet }: { agent: Agent; fleet: readonly FleetAgent[] }) {
  const alike = fleet
    .filter(({ name }) => name === agent.name)
    .toSorted((a, b) => Date.parse(b.registered_at) - Date.parse(a.registered_at));
  if (alike.length < 2) return null;
  return (
    <Card title={words.agent.instances} flush>
      <Table
        label={words.agent.instances}
        rows={alike}
        keyOf={({ id }) => id}
        columns={[
          {
            key: 'instance',
            title: words.agent.instance,
            onPhone: 'lead',
            cell: ({ id, instance }) =>
              id === agent.id ? (
                <>
                  {instance} <Chip>{words.agent.thisOne}</Chip>
                </>
              ) : (
                <Link href={`/agents/${id}`} className="text-accent hover:underline">
                  {instance}
                </Link>
              ),
          },
          { key: 'version', title: words.columns.version, cell: ({ version }) => version || '–' },
          {
            key: 'state',
            title: words.columns.state,
            onPhone: 'side',
            cell: ({ condition }) => <StatusText look={lookOfAgent(condition)} />,
          },
          {
            key: 'since',
            title: words.agent.cameIn,
            align: 'end',
            cell: ({ registered_at: at }) => <Ago at={at} />,
          },
        ]}
      />
      <p className="border-t border-line px-4 py-2 text-xs text-quiet">{words.agent.instancesNote}</p>
    </Card>
  );
}

function Facts({ agent }: { agent: Agent }) {
  const { facts_: names } = words.agent;
  const facts: [string, React.ReactNode][] = [
    [names.capabilities, <Chips key="c" names={agent.capabilities} />],
    [names.labels, agent.labels.length === 0 ? '–' : <Chips key="l" names={agent.labels} />],
    [names.version, agent.version || '–'],
    [names.transport, words.transports[agent.transport]],
    [names.type, agent.type],
    [names.instance, agent.instance],
    [names.registered, <Ago key="r" at={agent.registered_at} />],
  ];
  const resources = agent.resources && Object.keys(agent.resources).length > 0 ? agent.resources : null;
  return (
    <div className="grid items-start gap-5 lg:grid-cols-2">
      <Card title={words.agent.facts}>
        <dl className="grid grid-cols-[8rem_1fr] gap-x-4 gap-y-2 text-sm">
          {facts.map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-quiet">{name}</dt>
              <dd className="min-w-0 break-words">{value}</dd>
            </div>
          ))}
        </dl>
      </Card>
      <Card title={words.agent.resources}>
        {resources ? (
          <Code label={words.agent.resources}>{JSON.stringify(resources, null, 2)}</Code>
        ) : (
          <p className="text-sm text-quiet">{words.agent.noResources}</p>
        )}
      </Card>
    </div>
  );
}

function Chips({ names }: { names: readonly string[] }) {
  return (
    <span className="flex flex-wrap gap-1">
      {names.map((name) => (
        <Chip key={name}>{name}</Chip>
      ))}
    </span>
  );
}
