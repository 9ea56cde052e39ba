import type { Answer } from '../../data/index.ts';
import { lookOfConnection } from '../../looks/index.ts';
import { StatusText } from '../../ui/status.tsx';
import { Chip } from '../../ui/text.tsx';
import { words } from '../words.ts';

type Connected = Answer<'mcp.connect'>;

const SHOWN_TOOLS = 12;

/** What came of asking it: whether it is there, how fast, which generation it speaks, and what it has. */
export function Outcome({ answer }: { answer: Connected }) {
  const { connection, latency_ms: latency, problem, capabilities: tools } = answer;
  const { health, sign_in: signIn } = connection;
  // status-words: of an answer of the gateway
  const isThere = answer.status === 'connected';
  const facts: [string, string][] = [
    [words.reach.latency, isThere ? words.took(latency) : '–'],
    [words.reach.speaks, health?.generation ?? words.reach.notKnown],
    [words.reach.name, [health?.server_name, health?.server_version].filter(Boolean).join(' ') || '–'],
  ];
  return (
    <div role="status" className="flex flex-col gap-4">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <StatusText look={lookOfConnection(isThere ? 'reachable' : 'unreachable')} />
        <span className="text-sm text-quiet">{isThere ? words.outcome.fine : words.outcome.kept}</span>
      </p>
      {problem === null ? null : (
        <p className="rounded-md bg-bad-soft px-3 py-2 text-sm wrap-anywhere">{problem}</p>
      )}
      {signIn && !isThere ? <p className="text-sm">{words.outcome.signIn}</p> : null}
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1 text-sm">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-quiet">{name}</dt>
            <dd className="min-w-0 wrap-anywhere">{value}</dd>
          </div>
        ))}
      </dl>
      {tools.length === 0 ? null : (
        <section aria-label={words.tools(tools.length)} className="flex flex-col gap-1.5">
          <h3 className="text-sm font-medium">{words.tools(tools.length)}</h3>
          <p className="flex flex-wrap gap-1">
            {tools.slice(0, SHOWN_TOOLS).map((tool) => (
              <Chip key={tool}>{tool}</Chip>
            ))}
            {tools.length > SHOWN_TOOLS ? (
              <span className="text-xs text-quiet">{words.more(tools.length - SHOWN_TOOLS)}</span>
            ) : null}
          </p>
        </section>
      )}
    </div>
  );
}
