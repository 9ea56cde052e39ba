import type { Sql } from '#db/client.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import type { AgentId, OrgId } from '#server/domain/ids.ts';
import type { AgentDesk, AgentOrders } from '#server/domain/reports.ts';
import { queuesOfAgent } from './queues.ts';
import type { Presence } from './registry/presence.ts';
import { type AgentRecord, readAgents } from './registry/records.ts';
import type { Registry } from './registry/registry.ts';
import { orderFor } from './registry/states.ts';

export interface DeskOptions {
  sql: Sql;
  registry: Registry;
  presence: Presence;
  /** Where agents belong that come in over the broker, whose account is the installation's. */
  orgId: OrgId;
  beatMs: number;
  find(agent: AgentId): AgentRecord | undefined;
  isProbing(agent: AgentId): boolean;
}

/** Who an agent that speaks to us is, whether it still is that, and what it shall do. */
export function createDesk(options: DeskOptions): AgentDesk {
  const { presence } = options;

  /** The picture may be a moment old: who is unknown or newer than it is looked up. */
  async function lookUp(id: AgentId, generation: number | undefined): Promise<AgentRecord | undefined> {
    const known = options.find(id);
    const heard = presence.last(id);
    const newest = Math.max(generation ?? 0, heard?.generation ?? 0);
    if (known && heard && newest <= known.generation) return known;
    return (await readAgents(options.sql, [id]))[0];
  }

  const isCurrent = (record: AgentRecord, generation: number | undefined): boolean =>
    generation === undefined || generation === record.generation;

  return {
    async admit(id, generation) {
      const record = await lookUp(id, generation);
      return record ? { agentId: id, orgId: record.orgId, isCurrent: isCurrent(record, generation) } : null;
    },
    async beat(id, generation, beat): Promise<AgentOrders> {
      const record = await lookUp(id, generation);
      if (!record || !isCurrent(record, generation)) {
        const reason = record ? 'another process has registered as this agent' : 'it is not on the list';
        return { order: 'retire', generation: record?.generation ?? generation ?? 0, reason };
      }
      await presence.beat(id, {
        generation: record.generation,
        in_flight: beat.in_flight,
        load: beat.load ?? null,
        draining: beat.draining ?? false,
      });
      const reason = record.orderedReason;
      return {
        ...orderFor(record.ordered, options.isProbing(id)),
        generation: record.generation,
        ...(reason === null ? {} : { reason }),
      };
    },
    async welcome(registration) {
      try {
        const { id, orgId, generation } = await options.registry.register(options.orgId, registration);
        const { transport } = registration;
        const capabilities = new Set(registration.capabilities.map(({ name }) => name));
        const queues = queuesOfAgent({ id, orgId, transport, capabilities });
        return { agentId: id, generation, beatEveryMs: options.beatMs, queues };
      } catch (error) {
        if (!(error instanceof SignalboxError)) throw error;
        return { refused: [error.message, error.advice].join(' ').trim() };
      }
    },
  };
}
