'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type AgentCondition, conditionOf } from '../../server/domain/agent-condition.ts';
import { type Answer, query, useFresh } from '../data/index.ts';

export type Agent = Answer<'agents.list'>['agents'][number];
/** One of the fleet, with how it does by its state and its last hour. */
export type FleetAgent = Agent & { condition: AgentCondition };
export type Activity = Answer<'agents.activity'>['agents'][number];

const LIST = query('agents.list', {});
const ACTIVITY = query('agents.activity', {});
/** Signs of life come every five seconds and are not announced. */
const BEAT_MS = 5000;
/** As often as the home page asks, whose number leads here. */
const ACTIVITY_MS = 15_000;

/** How often ages of signs of life are told anew. */
export const AGE_MS = 1000;

/** Drawn where nothing is known, too. */
export const NOTHING: number[] = new Array<number>(60).fill(0);
/** An hour in which nothing ended. */
const IDLE = { ended: NOTHING, ...{ succeeded: 0, failed: 0, lost: 0, busy_ms: 0, longest_ms: 0 } };

/** All agents with what they ended in the last hour, kept fresh. */
export function useFleet() {
  const { data, error, refetch } = useQuery({ ...LIST, refetchInterval: BEAT_MS });
  const { data: activity } = useQuery({ ...ACTIVITY, refetchInterval: ACTIVITY_MS });
  useFresh({ agents: true }, { keys: [LIST.queryKey], everyMs: 1000 });
  const byId = useMemo(() => new Map(activity?.agents.map((each) => [each.id, each])), [activity]);
  const agents = useMemo(
    () =>
      data?.agents.map((agent) => ({ ...agent, condition: conditionOf(agent.state, byId.get(agent.id)) })),
    [data, byId],
  );
  return {
    agents: agents satisfies FleetAgent[] | undefined,
    /** There are more than these. */
    hasMore: (data?.next_cursor ?? null) !== null,
    /** Undefined until it is known, which is something else than an hour of nothing. */
    activityOf: (id: Agent['id']): Activity | undefined => byId.get(id) ?? (activity && { id, ...IDLE }),
    error,
    refetch,
  };
}

export const beatAgeOf = ({ last_heartbeat: at }: Pick<Agent, 'last_heartbeat'>, now: number) =>
  at === null ? null : Math.max(0, now - Date.parse(at));
