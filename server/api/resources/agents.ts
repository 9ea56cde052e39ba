import { idSchema } from '#server/domain/ids.ts';
import { getAgent } from '#server/services/agent/get.ts';
import { listAgents } from '#server/services/agent/list.ts';
import { parseInput } from '#server/services/parse-input.ts';
import { EXAMPLE } from '../operations/examples.ts';
import { presentAgent } from '../tools/agents.ts';
import { resource } from './resource.ts';
import { writeUri } from './uri.ts';
import { watchLive } from './watch-live.ts';

const STATUS = 'agents://{agent_id}/status';
const agentOf = ({ agent_id }: { agent_id: string }) => parseInput(idSchema('agent'), agent_id);

export const agentResources = [
  resource({
    name: 'agent-status',
    title: 'Status of an agent',
    description: 'How an agent does: its state, its load, its last sign of life. As a tool: agent_status.',
    icon: 'agent',
    template: STATUS,
    mimeType: 'application/json',
    needs: ['agent.read'],
    example: { agent_id: EXAMPLE.agent },
    async read({ services, actor }, at) {
      return { text: JSON.stringify(presentAgent(await getAgent(services, actor, { id: agentOf(at) }))) };
    },
    // An installation has no more of them than MAX_AGENTS, so one page holds all.
    async list({ services, actor }) {
      return (await listAgents(services, actor)).items.map(({ id, name, type }) => ({
        uri: writeUri(STATUS, { agent_id: id }),
        name: `agent ${name}`,
        description: `Status of the agent ${name} (${type}).`,
      }));
    },
    complete: {
      async agent_id({ services, actor }, beginning) {
        const { items } = await listAgents(services, actor);
        // People know the name, and programs the id.
        return items
          .filter(({ id, name }) => id.startsWith(beginning) || name.startsWith(beginning))
          .map(({ id }) => id);
      },
    },
    watch: (call, at, changed) =>
      watchLive(call, { target: { agent_id: agentOf(at) }, agents: changed, unsure: changed }),
  }),
];
