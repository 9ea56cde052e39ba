import { z } from 'zod';
import { builtinConfigSchemas } from '#server/agents/builtin/index.ts';
import { isBuiltin } from '#server/agents/registry/records.ts';
import { isJsonObject, type JsonObject } from '#server/domain/json.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { type AgentListItem, loadAgents } from './list.ts';

export interface CapabilityView {
  name: string;
  description: string;
  agents: number;
  /** Those that are given work just now. */
  serving: number;
  /** JSON Schema of the `config` of stages that ask for it; null where the agent alone knows. */
  configSchema: JsonObject | null;
}

/** What a stage's `type` can ask for: all that the agents of this installation offer. */
export async function listCapabilities(services: Services, actor: Actor): Promise<CapabilityView[]> {
  authorise(actor, 'agent.read');
  const agents = await loadAgents(services, actor);
  const names = new Set(agents.flatMap(({ capabilities }) => capabilities));
  return [...names].sort().map((name) => {
    const offering = agents.filter(({ capabilities }) => capabilities.includes(name));
    // Somebody else's agent may use a name of ours for something of its own; its config is not ours to describe.
    const { description, schema } = offering.some(isBuiltin) ? describe(name) : NOTHING;
    const serving = offering.filter(isServing).length;
    return { name, description, agents: offering.length, serving, configSchema: schema };
  });
}

const isServing = ({ state }: AgentListItem): boolean => state === 'online' || state === 'busy';

const NOTHING = { description: '', schema: null };

function describe(name: string): { description: string; schema: JsonObject | null } {
  const schema = Object.hasOwn(builtinConfigSchemas, name) ? builtinConfigSchemas[name] : undefined;
  if (!schema) return NOTHING;
  // What may be left out need not be there: forms are about what is written, not about what it becomes.
  const made: unknown = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return { description: schema.description ?? '', schema: isJsonObject(made) ? made : null };
}
