'use client';

import { useQuery } from '@tanstack/react-query';
import { type Answer, query } from '../data/index.ts';
import { lookOfCondition, lookOfPart } from '../looks/index.ts';
import { Notice, Skeleton } from '../ui/feedback.tsx';
import { formatBytes, formatCount, formatDuration } from '../ui/format.ts';
import { StatusText } from '../ui/status.tsx';
import { Card } from '../ui/surface.tsx';
import { Table } from '../ui/table.tsx';

type Settings = Answer<'system.settings'>;
type Health = Answer<'system.health'>;
type Part = keyof Health['parts'];

const PARTS: Record<Part, string> = {
  database: 'Database',
  broker: 'Broker',
  hot_state: 'Hot state',
  object_store: 'Object store',
};
type Condition = Health['conditions'][number];

const CONDITIONS: Record<Condition['name'], string> = {
  mcp_error_rate: 'Calls to MCP servers that failed',
  mcp_latency: 'Calls to MCP servers take',
  workspace_conflict_rate: 'Changes of shared files that were in conflict',
  workspace_latency: 'Changes of shared files take',
  workspace_lock_wait: 'They wait for each other',
  workspace_sync_lag: 'Hot state has a file after',
  workspace_hit_rate: 'Reads of files that hot state had',
};
const REFRESH_MS = 5000;

export function SystemSection() {
  const health = useQuery({ ...query('system.health', {}), refetchInterval: REFRESH_MS });
  const settings = useQuery(query('system.settings', {}));
  const error = health.error ?? settings.error;
  return (
    <>
      {error ? <Notice message={error.message} advice={error.advice} /> : null}
      <Card title="What it leans on" flush>
        {health.data && settings.data ? (
          <Parts health={health.data} kinds={settings.data.kinds} />
        ) : (
          <Skeleton label="Asking each part" rows={4} />
        )}
      </Card>
      <Card title="How the last five minutes went" flush>
        {health.data ? <Conditions all={health.data.conditions} /> : <Skeleton label="Loading" rows={7} />}
      </Card>
      <Card title="Set for this installation" flush>
        {settings.data ? <Facts facts={factsOf(settings.data)} /> : <Skeleton label="Loading" rows={4} />}
      </Card>
      <p className="text-sm text-quiet">
        Set where the server is started; <code>.env.example</code> lists every setting.
      </p>
    </>
  );
}

function Parts({ health, kinds }: { health: Health; kinds: Settings['kinds'] }) {
  return (
    <Table
      label="What it leans on"
      rows={Object.keys(PARTS) as Part[]}
      keyOf={(part) => part}
      columns={[
        { key: 'part', title: 'Part', cell: (part) => <span className="font-medium">{PARTS[part]}</span> },
        { key: 'kind', title: 'Kind', cell: (part) => kinds[part] },
        {
          key: 'state',
          title: 'State',
          cell: (part) => <StatusText look={lookOfPart(health.parts[part].ok)} />,
        },
        {
          key: 'latency',
          title: 'Answers in',
          align: 'end',
          cell: (part) => {
            const { latency_ms: ms, note } = health.parts[part];
            return ms === null ? (note ?? 'no answer') : `${ms.toFixed(1)} ms`;
          },
        },
      ]}
    />
  );
}

function Conditions({ all }: { all: Condition[] }) {
  const show = (value: number, unit: Condition['unit']) =>
    `${formatCount(value)} ${unit === 'ms' ? 'ms' : '%'}`;
  return (
    <Table
      label="How the last five minutes went"
      rows={all}
      keyOf={({ name }) => name}
      columns={[
        { key: 'what', title: 'What', cell: ({ name }) => CONDITIONS[name] },
        { key: 'state', title: 'State', cell: (one) => <StatusText look={lookOfCondition(one)} /> },
        {
          key: 'value',
          title: 'Value',
          align: 'end',
          cell: ({ value, unit }) => (value === null ? '–' : show(value, unit)),
        },
        { key: 'limit', title: 'Limit', align: 'end', cell: ({ limit, unit }) => show(limit, unit) },
      ]}
    />
  );
}

function factsOf(settings: Settings): [string, string][] {
  const { succeeded, failed, cancelled } = settings.retention_days;
  const { max_concurrent_tasks: most } = settings;
  return [
    ['Kept', `succeeded ${succeeded} days, failed ${failed}, cancelled ${cancelled}`],
    ['Largest payload', formatBytes(settings.payload_max_bytes)],
    ['Kept beside the run up to', formatBytes(settings.payload_inline_max_bytes)],
    ['A task may take, unless its stage says else', formatDuration(settings.task_timeout_ms)],
    ['Agents at most', formatCount(settings.max_agents)],
    ['Tasks at once, of everybody', most === null ? 'as many as agents take' : formatCount(most)],
    ['Roles of this process', settings.roles.join(', ')],
  ];
}

function Facts({ facts }: { facts: readonly [string, string][] }) {
  return (
    <dl className="grid grid-cols-1 gap-x-6 px-4 py-2 text-sm sm:grid-cols-[auto_1fr]">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="py-1 text-quiet">{name}</dt>
          <dd className="py-1">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
