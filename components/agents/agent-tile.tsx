import { endedOf, failedOf } from '../../server/domain/agent-condition.ts';
import { lookOfAgent } from '../looks/index.ts';
import { Sparkline } from '../ui/chart/index.ts';
import { Link } from '../ui/link.tsx';
import { fillOf, Meter, StatusText } from '../ui/status.tsx';
import { type Activity, beatAgeOf, type FleetAgent, NOTHING } from './use-fleet.ts';
import { words } from './words.ts';

/** One agent of the board: its state by word, colour and pattern, and how it does. */
export function AgentTile({
  agent,
  activity,
  now,
}: {
  agent: FleetAgent;
  activity: Activity | undefined;
  now: number;
}) {
  const look = lookOfAgent(agent.condition);
  const isGone = agent.state === 'offline';
  return (
    <Link
      href={`/agents/${agent.id}`}
      title={[agent.name, agent.reason].filter(Boolean).join(': ')}
      className={`flex min-w-0 overflow-hidden rounded-lg border border-line bg-card shadow-card transition-colors duration-100 hover:border-control ${isGone ? 'bg-page' : ''}`}
    >
      <span aria-hidden className={`w-1.5 shrink-0 ${fillOf(look)}`} />
      <span className="flex min-w-0 grow flex-col gap-1.5 px-3 py-2.5">
        <span className="truncate font-medium">{agent.name}</span>
        <span className="flex items-center justify-between gap-2 text-sm">
          <StatusText look={look} />
          <span title={words.beatTitle} className="truncate text-xs text-quiet tabular-nums">
            {agent.transport === 'local' ? words.transports.local : words.beat(beatAgeOf(agent, now))}
          </span>
        </span>
        <span className="block h-7">
          <Sparkline label={words.sparkline(agent.name)} values={activity?.ended ?? NOTHING} />
        </span>
        <span className="flex items-center gap-2 text-xs text-quiet tabular-nums">
          <span className="grow">
            <Meter label={words.slotsLabel(agent.name)} value={agent.in_flight} max={agent.max_concurrency} />
          </span>
          {words.slots(agent.in_flight, agent.max_concurrency)}
          <FailedShare hour={activity} />
        </span>
      </span>
    </Link>
  );
}

/** Of the last hour; nothing while all went well. */
function FailedShare({ hour }: { hour: Activity | undefined }) {
  if (hour === undefined || failedOf(hour) === 0) return null;
  return (
    <span title={words.failedTitle(failedOf(hour), endedOf(hour))} className="font-medium text-bad">
      {words.failedShare(failedOf(hour) / endedOf(hour))}
    </span>
  );
}
