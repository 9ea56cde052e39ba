import { idSchema } from '#server/domain/ids.ts';
import { getAgent } from '#server/services/agent/get.ts';
import { parseInput } from '#server/services/parse-input.ts';
import { EXAMPLE } from '../operations/examples.ts';
import { presentAgent } from '../wire/agent.ts';
import { resource } from './resource.ts';

export const agentResources = [
  resource({
    name: 'agent-status',
    title: 'Status of an agent',
    description: 'How an agent does: its state, its load, its last sign of life. Tool twin: agents_list.',
    icon: 'agent',
    template: 'agents://{agent_id}/status',
    mimeType: 'application/json',
    needs: ['agent.read'],
    example: { agent_id: EXAMPLE.agent },
    async read({ services, actor }, { agent_id }) {
      const agent = await getAgent(services, actor, { id: parseInput(idSchema('agent'), agent_id) });
      return { text: JSON.stringify(presentAgent(agent)) };
    },
  }),
];
