import type { AgentOrder } from '#server/domain/messages.ts';
import type { AgentState } from '#server/domain/routing.ts';
import type { OrderedState } from './records.ts';

export interface Signs {
  ordered: OrderedState | null;
  /** Quarantined by the breaker, and being tried with one task. */
  probing: boolean;
  /** Says of itself that it takes nothing new. */
  leaving: boolean;
  /** Null: its life is that of this process. */
  lastBeatAt: number | null;
  inFlight: number;
  maxConcurrency: number;
}

/** Beats that were due and did not come; half a beat is left for the way. */
const STALE_AFTER = 2.5;
const OFFLINE_AFTER = 4.5;

/** One word for what was ordered and what is heard. One missed beat changes nothing: networks stutter. */
export function stateOf(signs: Signs, clock: { now: number; beatMs: number }): AgentState {
  const missed = signs.lastBeatAt === null ? 0 : (clock.now - signs.lastBeatAt) / clock.beatMs;
  if (missed > OFFLINE_AFTER) return 'offline';
  if (signs.ordered !== null && !signs.probing) return signs.ordered;
  if (signs.leaving) return 'draining';
  if (missed > STALE_AFTER) return 'stale';
  return signs.inFlight >= (signs.probing ? 1 : signs.maxConcurrency) ? 'busy' : 'online';
}

/** It was heard, whatever it was told to do. */
// status-words: states of agents
export const isHeard = (state: AgentState): boolean => state !== 'stale' && state !== 'offline';

const ORDER_FOR: Record<OrderedState, AgentOrder> = {
  draining: 'drain',
  paused: 'pause',
  quarantined: 'quarantine',
};

/** What the agent itself is told. */
export function orderFor(
  ordered: OrderedState | null,
  probing: boolean,
): { order: AgentOrder; max?: number } {
  if (ordered === null) return { order: 'serve' };
  return probing ? { order: 'serve', max: 1 } : { order: ORDER_FOR[ordered] };
}
