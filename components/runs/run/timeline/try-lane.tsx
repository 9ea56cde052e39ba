import { lookOfAttempt } from '../../../looks/index.ts';
import { StatusIcon } from '../../../ui/status.tsx';
import { runWords } from '../run-words.ts';
import { useAgentNames } from '../use-agent-names.ts';
import { Lane } from './lane.tsx';
import type { Try } from './model.ts';
import { LANES } from './ruler.tsx';
import type { Scale } from './scale.ts';

/** One attempt, below its stage: who had it, when, and how it ended. */
export function TryLane({
  one,
  scale,
  isNarrow,
  onSelect,
}: {
  one: Try;
  scale: Scale;
  /** On a phone. */
  isNarrow: boolean;
  onSelect(): void;
}) {
  const { attempt, agentId, state, error, segments } = one;
  const nameOf = useAgentNames();
  const look = lookOfAttempt(state);
  const agent = agentId === null ? runWords.noAgent : nameOf(agentId);
  return (
    <button
      type="button"
      title={error ?? undefined}
      onClick={onSelect}
      className={`${LANES} size-full items-center border-b border-line bg-sunken/40 text-left text-xs hover:bg-hover focus-visible:-outline-offset-2`}
    >
      <span className="flex min-w-0 items-center gap-2 pl-8 pr-3 pointer-coarse:pl-12 md:pl-12">
        <StatusIcon look={look} size={12} />
        <span className="min-w-0 grow truncate text-quiet">{runWords.tryBy(attempt, agent)}</span>
        <span className={`shrink-0 max-md:sr-only ${error === null ? 'text-quiet' : 'text-bad'}`}>
          {look.label}
        </span>
      </span>
      <Lane {...{ segments, scale, isNarrow }} isCritical={false} />
    </button>
  );
}
