import { AGENT_STATES, type AgentState } from '../../server/domain/routing.ts';

export const GROUPINGS = ['none', 'capability', 'version', 'label'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface Groupable {
  name: string;
  state: AgentState;
  capabilities: readonly string[];
  labels: readonly string[];
  version: string;
}

export interface AgentGroup<A> {
  /** Empty: those that have no such thing, or all of them. */
  key: string;
  agents: A[];
}

const KEYS: Record<Grouping, (agent: Groupable) => readonly string[]> = {
  none: () => [''],
  capability: ({ capabilities }) => capabilities,
  version: ({ version }) => [version],
  label: ({ labels }) => labels,
};

/** An agent stands in each group that it belongs to: whoever looks for a capability wants to see all that offer it. */
export function groupAgents<A extends Groupable>(agents: readonly A[], by: Grouping): AgentGroup<A>[] {
  const groups = new Map<string, A[]>();
  for (const agent of [...agents].sort(compare)) {
    const keys = KEYS[by](agent);
    for (const key of keys.length === 0 ? [''] : keys) groups.set(key, [...(groups.get(key) ?? []), agent]);
  }
  return [...groups]
    .map(([key, members]) => ({ key, agents: members }))
    .sort((a, b) => Number(a.key === '') - Number(b.key === '') || a.key.localeCompare(b.key));
}

/** Who wants a look stands first: the sick, then those that somebody holds, then the well, then those that are gone. */
const ORDER: readonly AgentState[] = [
  'quarantined',
  'stale',
  'draining',
  'paused',
  'busy',
  'online',
  'offline',
];

const compare = (a: Groupable, b: Groupable): number =>
  ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.name.localeCompare(b.name);

export interface AgentFilter {
  search: string;
  /** Null: any. */
  states: readonly AgentState[] | null;
}

export function filterAgents<A extends Groupable>(
  agents: readonly A[],
  { search, states }: AgentFilter,
): A[] {
  const wanted = search.trim().toLowerCase();
  return agents.filter(
    (agent) =>
      (states === null || states.includes(agent.state)) &&
      (wanted === '' ||
        [agent.name, ...agent.capabilities, ...agent.labels].some((text) =>
          text.toLowerCase().includes(wanted),
        )),
  );
}

/** How many there are in each state, in the order of the states; those that nobody is in are left out. */
export function countStates(agents: readonly Groupable[]): { state: AgentState; count: number }[] {
  return AGENT_STATES.map((state) => ({
    state,
    count: agents.filter((agent) => agent.state === state).length,
  })).filter(({ count }) => count > 0);
}
