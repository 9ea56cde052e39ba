import { useQuery } from '@tanstack/react-query';
import { type Answer, query } from '../../data/index.ts';
import { shortId } from '../../ui/short-id.ts';

type Agent = Answer<'agents.list'>['agents'][number];

/** All that are registered. */
export function useAgentsById(): ReadonlyMap<string, Agent> {
  const agents = useQuery(query('agents.list', {})).data?.agents ?? [];
  return new Map(agents.map((agent) => [agent.id as string, agent]));
}

/** What agents are called; of those that are registered no longer their ids are left. */
export function useAgentNames(): (agentId: string) => string {
  const agents = useAgentsById();
  return (id) => agents.get(id)?.name ?? shortId(id);
}
