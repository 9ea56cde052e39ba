'use client';

import { useRouter } from 'next/navigation';
import { endedOf, failedOf } from '../../server/domain/agent-condition.ts';
import { lookOfAgent } from '../looks/index.ts';
import { DataGrid, type GridColumn } from '../ui/grid/index.ts';
import { Link } from '../ui/link.tsx';
import { Meter, StatusText } from '../ui/status.tsx';
import { type Activity, type Agent, beatAgeOf, type FleetAgent } from './use-fleet.ts';
import { words } from './words.ts';

interface TableProps {
  agents: readonly FleetAgent[];
  activityOf(id: Agent['id']): Activity | undefined;
  now: number;
  /** The titles of its columns stand above another one. */
  goesOn: boolean;
}

export function AgentsTable({ agents, activityOf, now, goesOn }: TableProps) {
  const router = useRouter();
  return (
    <DataGrid
      label={words.list}
      headHidden={goesOn}
      columns={[NAME, STATE, beatColumn(now), SLOTS, ...hourColumns(activityOf), ...FACTS]}
      rows={agents}
      keyOf={({ id }) => id}
      onOpen={({ id }) => router.push(`/agents/${id}`)}
    />
  );
}

const NAME: GridColumn<Agent> = {
  key: 'name',
  width: 'minmax(9rem,1.4fr)',
  title: words.columns.name,
  cell: (agent) => (
    <Link href={`/agents/${agent.id}`} className="font-medium hover:underline">
      {agent.name}
    </Link>
  ),
};

const STATE: GridColumn<FleetAgent> = {
  key: 'state',
  width: '8rem',
  title: words.columns.state,
  onPhone: 'side',
  cell: (agent) => <StatusText look={lookOfAgent(agent.condition)} />,
};

const beatColumn = (now: number): GridColumn<Agent> => ({
  key: 'beat',
  width: '8rem',
  title: words.columns.beat,
  align: 'end',
  // Whether one in the server lives needs no beat to tell.
  cell: (agent) => (agent.transport === 'local' ? '–' : words.beat(beatAgeOf(agent, now))),
});

const SLOTS: GridColumn<Agent> = {
  key: 'slots',
  width: '10rem',
  title: words.columns.slots,
  cell: (agent) => <Slots agent={agent} />,
};

const hourColumns = (activityOf: TableProps['activityOf']): GridColumn<Agent>[] => [
  {
    key: 'hour',
    width: '5.5rem',
    title: words.columns.hour,
    align: 'end',
    wideOnly: true,
    cell: ({ id }) => {
      const hour = activityOf(id);
      return hour ? endedOf(hour) : '–';
    },
  },
  {
    key: 'failed',
    width: '6.5rem',
    title: words.columns.failed,
    align: 'end',
    cell: ({ id }) => {
      const hour = activityOf(id);
      if (hour === undefined) return '–';
      return failedOf(hour) === 0 ? (
        0
      ) : (
        <span className="font-medium text-bad">
          {words.failedOf(failedOf(hour), failedOf(hour) / endedOf(hour))}
        </span>
      );
    },
  },
];

const FACTS: readonly GridColumn<Agent>[] = [
  {
    key: 'capabilities',
    width: 'minmax(8rem,1fr)',
    title: words.columns.capabilities,
    cell: ({ capabilities }) => <span title={capabilities.join('\n')}>{capabilities.join(', ') || '–'}</span>,
  },
  {
    key: 'version',
    width: '4.5rem',
    title: words.columns.version,
    wideOnly: true,
    cell: ({ version }) => version || '–',
  },
  {
    key: 'transport',
    width: '8rem',
    title: words.columns.transport,
    wideOnly: true,
    cell: ({ transport }) => words.transports[transport],
  },
];

function Slots({ agent }: { agent: Agent }) {
  return (
    <span className="flex w-full items-center gap-2 tabular-nums">
      <span className="min-w-10 grow">
        <Meter label={words.slotsLabel(agent.name)} value={agent.in_flight} max={agent.max_concurrency} />
      </span>
      {words.slots(agent.in_flight, agent.max_concurrency)}
    </span>
  );
}
