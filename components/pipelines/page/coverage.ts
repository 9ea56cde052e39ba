export interface AgentCount {
  capability: string;
  stages: readonly string[];
  /** Agents that are given work of it just now. */
  serving: number;
}

interface Stage {
  key: string;
  type: string;
}

/** What a graph asks of agents, what nobody offers first. */
export function coverageOf(
  stages: readonly Stage[],
  known: readonly { name: string; serving: number }[],
): AgentCount[] {
  const serving = new Map(known.map((capability) => [capability.name, capability.serving]));
  const keys = new Map<string, string[]>();
  for (const { key, type } of stages) {
    const list = keys.get(type);
    if (list) list.push(key);
    else keys.set(type, [key]);
  }
  return [...keys]
    .map(([capability, list]) => ({ capability, stages: list, serving: serving.get(capability) ?? 0 }))
    .sort((a, b) => Number(a.serving > 0) - Number(b.serving > 0) || (a.capability < b.capability ? -1 : 1));
}
