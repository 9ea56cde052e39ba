import { isJsonObject } from '../../../../server/domain/json.ts';
import { isByQueue } from '../../../../server/domain/routing.ts';
import type { Answer } from '../../../data/index.ts';
import { runWords } from '../run-words.ts';
import type { Attempt } from '../use-run.ts';

interface RoutingSaid {
  reason: string;
  /** Agents by their names. */
  rejected: { agent: string; reason: string }[];
}

export interface Handed {
  /** What its stage asks for. */
  type: string | undefined;
  /** How its agent takes work; undefined: the agent is registered no longer. */
  transport: Answer<'agents.list'>['agents'][number]['transport'] | undefined;
}

/** Why an agent was chosen: what was kept of the choice, or why there was none to keep. */
export function sayRouting(
  { routing, agent_id }: Pick<Attempt, 'routing' | 'agent_id'>,
  { type = '', transport }: Handed,
): RoutingSaid {
  const said = isJsonObject(routing as never) ? (routing as Record<string, unknown>) : {};
  const rejected = Array.isArray(said.rejected) ? said.rejected : [];
  const { why } = runWords;
  // Nothing is kept where one agent alone offers the capability, and where agents help themselves.
  const unweighed =
    transport === undefined ? why.nobodyElse : isByQueue(transport) ? why.fromQueue : why.only(type);
  const kept = typeof said.reason === 'string' ? said.reason : '';
  return {
    reason: kept !== '' || agent_id === null ? kept : unweighed,
    rejected: rejected.flatMap((one: { agent?: unknown; reason?: unknown }) =>
      typeof one?.agent === 'string' ? [{ agent: one.agent, reason: String(one.reason ?? '') }] : [],
    ),
  };
}
