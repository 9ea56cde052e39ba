import { AGENT_STATES, type AgentState, isServing } from './routing.ts';

/** What attempts of an agent came to within the last hour. */
export interface LastHour {
  succeeded: number;
  failed: number;
  lost: number;
}

/** Of fewer nothing is said: two bad answers may be those of two bad inputs. */
const FEWEST_ENDED = 5;
const FAILING_SHARE = 0.5;

export const failedOf = ({ failed, lost }: LastHour): number => failed + lost;
export const endedOf = (hour: LastHour): number => hour.succeeded + failedOf(hour);

/**
 * The one rule for an agent that is sick though it is there: it is given work, and of five or more attempts that ended
 * within the last hour at least half failed or were lost.
 */
export const isFailing = (state: AgentState, hour: LastHour | undefined): boolean =>
  hour !== undefined &&
  isServing(state) &&
  endedOf(hour) >= FEWEST_ENDED &&
  failedOf(hour) >= FAILING_SHARE * endedOf(hour);

/** How an agent does, in one word: its state, unless that says it were well while its work fails. */
export const AGENT_CONDITIONS = [...AGENT_STATES, 'failing'] as const;
export type AgentCondition = (typeof AGENT_CONDITIONS)[number];

export const conditionOf = (state: AgentState, hour: LastHour | undefined): AgentCondition =>
  isFailing(state, hour) ? 'failing' : state;

/** Nobody has asked for it, and it does no good work: the worst first. Draining and paused are what people wanted. */
export const UNWELL_CONDITIONS = [
  'quarantined',
  'failing',
  'stale',
  'offline',
] as const satisfies readonly AgentCondition[];
export type UnwellCondition = (typeof UNWELL_CONDITIONS)[number];
