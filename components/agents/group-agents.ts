import { AGENT_CONDITIONS, type AgentCondition } from '../../server/domain/agent-condition.ts';
import { LOCALE } from '../ui/language.ts';

export const GROUPINGS = ['none', 'capability', 'version', 'label'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface Groupable {
  name: string;
  condition: AgentCondition;
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

/** As people count: `agent 9` stands before `agent 10`. */
const { compare: byName } = new Intl.Collator(LOCALE, { numeric: true });

/** An agent stands in each group that it belongs to: whoever looks for a capability wants to see all that offer it. */
export function groupAgents<A extends Groupable>(agents: readonly A[], by: Grouping): AgentGroup<A>[] {
  const groups = new Map<string, A[]>();
  for (const agent of [...agents].sort(compare)) {
    const keys = KEYS[by](agent);
    for (const key of keys.length === 0 ? [''] : keys) groups.set(key, [...(groups.get(key) ?? []), agent]);
  }
  return [...groups]
    .map(([key, members]) => ({ key, agents: members }))
    .sort((a, b) => Number(a.key === '') - Number(b.key === '') || byName(a.key, b.key));
}

/**
 * Who wants a look stands first: the sick, then those that somebody holds, then the well, then those that are gone. Busy and
 * not is one rank: it changes with each task, and the board would shuffle under the eyes of whoever watches.
 */
const RANKS: Record<AgentCondition, number> = {
  quarantined: 0,
  failing: 1,
  stale: 2,
  draining: 3,
  paused: 4,
  busy: 5,
  online: 5,
  offline: 6,
};

const compare = (a: Groupable, b: Groupable): number =>
  RANKS[a.condition] - RANKS[b.condition] || byName(a.name, b.name);

export interface AgentFilter {
  search: string;
  /** Null: any. */
  conditions: readonly AgentCondition[] | null;
}

export function filterAgents<A extends Groupable>(
  agents: readonly A[],
  { search, conditions }: AgentFilter,
): A[] {
  const wanted = search.trim().toLowerCase();
  return agents.filter(
    (agent) =>
      (conditions === null || conditions.includes(agent.condition)) &&
      (wanted === '' ||
        [agent.name, ...agent.capabilities, ...agent.labels].some((text) =>
          text.toLowerCase().includes(wanted),
        )),
  );
}

/** How many there are in each condition, in the order of those; one that nobody is in is left out. */
export function countConditions(
  agents: readonly Groupable[],
): { condition: AgentCondition; count: number }[] {
  return AGENT_CONDITIONS.map((condition) => ({
    condition,
    count: agents.filter((agent) => agent.condition === condition).length,
  })).filter(({ count }) => count > 0);
}
