import { z } from 'zod';
import { notFound } from '#server/domain/errors.ts';
import { idSchema } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { type AgentListItem, loadAgents } from './list.ts';

const getSchema = z.strictObject({ id: idSchema('agent') });

export async function getAgent(
  services: Services,
  actor: Actor,
  input: z.input<typeof getSchema>,
): Promise<AgentListItem> {
  authorise(actor, 'agent.read');
  const { id } = parseInput(getSchema, input);
  const [agent] = await loadAgents(services, actor, id);
  if (!agent) throw notFound('agent', id);
  return agent;
}
