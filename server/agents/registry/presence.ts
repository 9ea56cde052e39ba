import { z } from 'zod';
import type { AgentId } from '#server/domain/ids.ts';
import { PRESENCE } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';

const signSchema = z.object({
  generation: z.int(),
  in_flight: z.int().min(0),
  load: z.number().nullable().default(null),
  draining: z.boolean().default(false),
});
type Sign = z.output<typeof signSchema>;

export interface LifeSign extends Sign {
  at: number;
}

export interface Presence {
  beat(agent: AgentId, sign: Omit<Sign, 'load' | 'draining'> & Partial<Sign>): Promise<void>;
  leave(agent: AgentId): Promise<void>;
  /** The last sign of life of each agent that was ever heard of, here or elsewhere. */
  read(): Promise<ReadonlyMap<AgentId, LifeSign>>;
  last(agent: AgentId): LifeSign | undefined;
}

/**
 * Beats of agents, shared through the hot state. This process also remembers what it has seen: hot state that was
 * emptied or is away makes nobody look dead who beat a second ago.
 */
export function createPresence(options: { hot: HotState; now(): number; ttlMs: number }): Presence {
  const { hot, now, ttlMs } = options;
  const seen = new Map<AgentId, LifeSign>();

  function remember(agent: AgentId, sign: LifeSign): void {
    const before = seen.get(agent);
    if (!before || sign.generation > before.generation || sign.at >= before.at) seen.set(agent, sign);
  }

  return {
    async beat(agent, given) {
      const sign = signSchema.parse(given);
      remember(agent, { ...sign, at: now() });
      // Away: those who listen here know, and the others hear the next one.
      await hot
        .beat(PRESENCE.agents, { id: agent, data: JSON.stringify(sign), ttlMs })
        .catch(() => undefined);
    },
    async leave(agent) {
      seen.delete(agent);
      await hot.leave(PRESENCE.agents, agent).catch(() => undefined);
    },
    async read() {
      const present = await hot.listPresent(PRESENCE.agents).catch(() => []);
      for (const { id, data, expiresAt } of present) {
        const sign = signSchema.safeParse(parseOrNull(data));
        if (sign.success) remember(id as AgentId, { ...sign.data, at: Math.min(expiresAt - ttlMs, now()) });
      }
      return seen;
    },
    last: (agent) => seen.get(agent),
  };
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
