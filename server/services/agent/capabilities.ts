import { z } from 'zod';
import { builtinConfigSchemas, builtinShapes } from '#server/agents/builtin/index.ts';
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
  /** JSON Schema of inputs that such stages take; they may take others too. */
  inputSchema: JsonObject | null;
  /** JSON Schema of what such stages give. */
  outputSchema: JsonObject | null;
}

/** What a stage's `type` can ask for: all that the agents of this installation offer. */
export async function listCapabilities(services: Services, actor: Actor): Promise<CapabilityView[]> {
  authorise(actor, 'agent.read');
  const agents = await loadAgents(services, actor);
  const names = new Set(agents.flatMap(({ capabilities }) => capabilities));
  return [...names].sort().map((name) => {
    const offering = agents.filter(({ capabilities }) => capabilities.includes(name));
    // Somebody else's agent may use a name of ours for something of its own; its config is not ours to describe.
    const described = offering.some(isBuiltin) ? describe(name) : NOTHING;
    const serving = offering.filter(isServing).length;
    return { name, agents: offering.length, serving, ...described };
  });
}

const isServing = ({ state }: AgentListItem): boolean => state === 'online' || state === 'busy';

type Description = Pick<CapabilityView, 'description' | 'configSchema' | 'inputSchema' | 'outputSchema'>;

const NOTHING: Description = { description: '', configSchema: null, inputSchema: null, outputSchema: null };

function describe(name: string): Description {
  const schema = Object.hasOwn(builtinConfigSchemas, name) ? builtinConfigSchemas[name] : undefined;
  if (!schema) return NOTHING;
  // What may be left out need not be there: forms are about what is written, not about what it becomes.
  const made: unknown = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const shapes = Object.hasOwn(builtinShapes, name) ? builtinShapes[name] : undefined;
  return {
    description: schema.description ?? '',
    configSchema: isJsonObject(made) ? made : null,
    inputSchema: shapes?.takes ?? null,
    outputSchema: shapes?.gives ?? null,
  };
}
