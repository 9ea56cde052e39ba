import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { getAgent } from '#server/services/agent/get.ts';
import { type AgentListItem, listAgents } from '#server/services/agent/list.ts';
import { EXAMPLE } from '../operations/examples.ts';
import { AGENT_WORD, AGENT_WORDS, agentFilterWord, conditionsOf } from '../wire/agent.ts';
import { isoTimeOrNull, time } from '../wire/values.ts';
import { tool } from './tool.ts';

const agentSchema = z.object({
  agent_id: idSchema('agent'),
  name: z.string(),
  type: z.string(),
  status: z.enum(AGENT_WORDS),
  capabilities: z.array(z.string()),
  load: z.number().describe('Share of its room that is taken, 0 to 1.'),
  last_heartbeat: time.nullable(),
});

export const presentAgent = (agent: AgentListItem): z.input<typeof agentSchema> => ({
  agent_id: agent.id,
  name: agent.name,
  type: agent.type,
  status: AGENT_WORD[agent.state],
  capabilities: agent.capabilities,
  load: agent.currentLoad,
  last_heartbeat: isoTimeOrNull(agent.lastHeartbeatAt),
});

export const agentTools = [
  tool({
    name: 'agents_list',
    title: 'List agents',
    description:
      'Lists the agents that execute stages: what each can do and how it does. Use it to see why a run waits, or whom there is.',
    kind: 'reads',
    icon: 'agent',
    needs: ['agent.read'],
    input: z.strictObject({
      status: z.array(agentFilterWord).max(agentFilterWord.options.length).optional(),
      capability: z.string().max(128).optional(),
      search: z.string().max(128).optional().describe('Part of its name.'),
    }),
    output: z.object({ agents: z.array(agentSchema) }),
    example: { status: ['active'] },
    async handle({ services, actor }, { status, ...filter }) {
      const input = { ...filter, ...(status ? { states: conditionsOf(status) } : {}) };
      return { agents: (await listAgents(services, actor, input)).items.map(presentAgent) };
    },
  }),

  tool({
    name: 'agent_status',
    title: 'Look at an agent',
    description: 'How one agent does. The same as the resource agents://{agent_id}/status.',
    kind: 'reads',
    icon: 'agent',
    needs: ['agent.read'],
    input: z.strictObject({ agent_id: idSchema('agent') }),
    output: agentSchema,
    example: { agent_id: EXAMPLE.agent },
    handle: async ({ services, actor }, { agent_id }) =>
      presentAgent(await getAgent(services, actor, { id: agent_id })),
  }),
] as const;
