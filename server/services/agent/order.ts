import { z } from 'zod';
import type { Ordered } from '#server/agents/registry/registry.ts';
import { notFound } from '#server/domain/errors.ts';
import { idSchema } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { type AgentListItem, loadAgents } from './list.ts';

export const orderSchema = z.strictObject({
  id: idSchema('agent'),
  /** `resume` lets it serve again. */
  order: z.enum(['drain', 'pause', 'quarantine', 'resume']),
  reason: z.string().trim().min(1, 'say why: others will ask').max(500),
});

const STATE_OF = { drain: 'draining', pause: 'paused', quarantine: 'quarantined', resume: null } as const;

/** What people want of an agent, with the reason that everybody sees. */
export async function orderAgent(
  services: Services,
  actor: Actor,
  input: z.input<typeof orderSchema>,
): Promise<AgentListItem> {
  authorise(actor, 'agent.operate');
  const { id, order, reason } = parseInput(orderSchema, input);
  const state = STATE_OF[order];
  const noteOf = ({ state: was, reason: why }: Ordered) => {
    const before = { ordered: was, ...(why === null ? {} : { reason: why }) };
    return auditNote(actor, `agent.${order}`, { target: id, before, after: { ordered: state }, reason }).body;
  };
  await services.agents.registry.order(actor.orgId, id, { state, reason, noteOf });
  const [agent] = await loadAgents(services, actor, id);
  if (!agent) throw notFound('agent', id);
  return agent;
}
