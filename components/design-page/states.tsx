import { AGENT_STATES } from '../../server/domain/routing.ts';
import { RUN_STATUSES, TASK_STATUSES } from '../../server/domain/statuses.ts';
import { lookOfAgent, lookOfRun, lookOfTask } from '../looks/index.ts';
import { fillOf, type Look, StatusPill, StatusStrip, StatusText } from '../ui/status.tsx';
import { Card } from '../ui/surface.tsx';
import { Table } from '../ui/table.tsx';

const GROUPS: { title: string; looks: Look[] }[] = [
  { title: 'Runs', looks: RUN_STATUSES.map(lookOfRun) },
  { title: 'Tasks', looks: TASK_STATUSES.map(lookOfTask) },
  { title: 'Agents', looks: AGENT_STATES.map(lookOfAgent) },
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
    </div>
  );
}
