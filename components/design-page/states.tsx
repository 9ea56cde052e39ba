import { AGENT_CONDITIONS } from '../../server/domain/agent-condition.ts';
import { RUN_STATUSES, TASK_STATUSES } from '../../server/domain/statuses.ts';
import { lookOfAgent, lookOfQueue, lookOfRun, lookOfTask, QUEUE_STATES } from '../looks/index.ts';
import {
  fillOf,
  type Look,
  Meter,
  StateTimeline,
  StatusIcon,
  StatusPill,
  StatusText,
} from '../ui/status.tsx';
import { StatusStrip } from '../ui/status-strip.tsx';
import { Card } from '../ui/surface.tsx';
import { Table } from '../ui/table.tsx';

const GROUPS: { title: string; looks: Look[] }[] = [
  { title: 'Runs', looks: RUN_STATUSES.map(lookOfRun) },
  { title: 'Tasks', looks: TASK_STATUSES.map(lookOfTask) },
  { title: 'Agents', looks: AGENT_CONDITIONS.map(lookOfAgent) },
  { title: 'Queues', looks: QUEUE_STATES.map(lookOfQueue) },
];

const DAY = [
  { key: '1', share: 3, title: 'Nothing is known of the first three hours' },
  { key: '2', share: 14, look: lookOfAgent('online'), title: 'Online for 14 hours' },
  { key: '3', share: 1, look: lookOfAgent('stale'), title: 'Stale for an hour' },
  { key: '4', share: 2, look: lookOfAgent('offline'), title: 'Offline for two hours' },
  { key: '5', share: 4, look: lookOfAgent('draining'), title: 'Draining for four hours' },
];

const SHARES = [0.4, 0.55, 0.3, 0.9, 0.6, 0.75, 0.5, 1, 0.45, 0.65];

export function States() {
  const bars = SHARES.map((share, at) => {
    const look = lookOfRun(RUN_STATUSES[(at * 5) % RUN_STATUSES.length] ?? 'succeeded');
    return { key: `run ${at}`, look, share, href: '#main', title: `Run ${at + 1}: ${look.label}` };
  });
  return (
    <div className="grid items-start gap-5 lg:grid-cols-2">
      {GROUPS.map(({ title, looks }) => (
        <Card key={title} title={title} flush>
          <Table
            label={`States of ${title}`}
            rows={looks}
            keyOf={(look) => look.label}
            columns={[
              {
                key: 'icon',
                title: 'Small',
                wideOnly: true,
                cell: (look) => <StatusIcon look={look} size={13} />,
              },
              { key: 'text', title: 'In a line', cell: (look) => <StatusText look={look} /> },
              { key: 'pill', title: 'On its own', cell: (look) => <StatusPill look={look} /> },
              {
                key: 'bar',
                title: 'As a bar',
                cell: (look) => <span className={`block h-3 w-28 rounded-sm ${fillOf(look)}`} />,
              },
            ]}
          />
        </Card>
      ))}
      <Card title="The last runs">
        <StatusStrip label="An example of the last ten runs" bars={bars} />
      </Card>
      <Card title="A day of an agent">
        <StateTimeline label="An example of a day" spans={DAY} />
      </Card>
      <Card title="Room that is taken">
        <div className="flex flex-col gap-3">
          <Meter label="An example of room" value={3} max={8} />
          <Meter label="An example of little room" value={7} max={8} tone="warn" />
          <Meter label="An example of no room" value={8} max={8} tone="bad" />
        </div>
      </Card>
    </div>
  );
}
