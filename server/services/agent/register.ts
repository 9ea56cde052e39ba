import { z } from 'zod';
import { agentRegistrationSchema } from '#server/domain/agent-registration.ts';
import type { AgentId } from '#server/domain/ids.ts';
import { type Actor, authorise, authoriseAnywhere } from '#server/identity/actor.ts';
import { auditNote } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

/** A capability may be just its name, and who has endpoints is pushed to. */
const registerSchema = z.preprocess(
  (given) => {
    if (typeof given !== 'object' || given === null) return given;
    const { capabilities, endpoints, transport } = given as Record<string, unknown>;
    const named = Array.isArray(capabilities)
      ? capabilities.map((capability) => (typeof capability === 'string' ? { name: capability } : capability))
      : capabilities;
    return {
      ...given,
      capabilities: named,
      transport: transport ?? (endpoints === undefined ? 'pull' : 'push'),
    };
  },
  agentRegistrationSchema.refine(({ transport }) => transport === 'push' || transport === 'pull', {
    message: 'must be push or pull: other agents register over their own transport',
    path: ['transport'],
  }),
);

export interface RegisteredAgent {
  id: AgentId;
  /** Send it back with every call: of two that claim one name the older is told to stop. */
  generation: number;
  isNew: boolean;
}

export async function registerAgent(
  services: Services,
  actor: Actor,
  input: unknown,
): Promise<RegisteredAgent> {
  authoriseAnywhere(actor, 'agent.register');
  const registration = parseInput(registerSchema, input);
  authorise(actor, 'agent.register', { agent: registration.name });
  const { id, generation, isNew } = await services.agents.registry.register(
    actor.orgId,
    registration,
    (made) =>
      auditNote(actor, 'agent.registered', { target: made.id, after: { generation: made.generation } }).body,
  );
  return { id, generation, isNew };
}
