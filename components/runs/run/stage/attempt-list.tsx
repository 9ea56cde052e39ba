import { lookOfAttempt } from '../../../looks/index.ts';
import { formatDuration } from '../../../ui/format.ts';
import { StatusText } from '../../../ui/status.tsx';
import { AgentName } from '../agent-name.tsx';
import { runWords } from '../run-words.ts';
import { useAgentsById } from '../use-agent-names.ts';
import type { Attempt } from '../use-run.ts';
import { sayRouting } from './routing.ts';

export const ranFor = ({ started_at, finished_at }: Pick<Attempt, 'started_at' | 'finished_at'>): string =>
  started_at === null || finished_at === null
    ? '–'
    : formatDuration(Date.parse(finished_at) - Date.parse(started_at));

/** The hand-outs of one stage, each with why its agent was chosen and why others were not. */
export function AttemptList({ attempts, type }: { attempts: readonly Attempt[]; type: string }) {
  const agents = useAgentsById();
  return (
    <ol className="flex flex-col gap-2 text-sm">
      {attempts.map((attempt) => {
        const { reason, rejected } = sayRouting(attempt, {
          type,
          transport: agents.get(attempt.agent_id ?? '')?.transport,
        });
        return (
          <li key={attempt.epoch} className="rounded-md border border-line px-3 py-2">
            <p className="flex justify-between gap-3">
              <span className="flex gap-2 font-medium">
                {runWords.drawer.attempt} {attempt.attempt}
                <StatusText look={lookOfAttempt(attempt.state)} />
              </span>
              <span className="tabular-nums text-quiet">{ranFor(attempt)}</span>
            </p>
            <p className="truncate text-quiet">
              {attempt.agent_id === null ? runWords.drawer.nobody : <AgentName id={attempt.agent_id} />}
            </p>
            {attempt.error ? <p className="mt-1 break-words text-bad">{attempt.error.message}</p> : null}
            {reason === '' ? null : <p className="mt-1 text-quiet">{reason}</p>}
            {rejected.length === 0 ? null : (
              <ul className="mt-1 text-xs text-quiet">
                {rejected.map(({ agent, reason: why }) => (
                  <li key={agent}>
                    {agent}: {why}
                  </li>
                ))}
              </ul>
            )}
          </li>
        );
      })}
    </ol>
  );
}
