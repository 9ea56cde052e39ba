import { useQuery } from '@tanstack/react-query';
import { query } from '../../data/index.ts';
import { shortId } from '../../ui/short-id.ts';

/** What agents are called; of those that are registered no longer their ids are left. */
export function useAgentNames(): (agentId: string) => string {
  const agents = useQuery(query('agents.list', {})).data?.agents ?? [];
  const names = new Map(agents.map(({ id, name }) => [id as string, name]));
  return (id) => names.get(id) ?? shortId(id);
}
