import { describeAgentConformance } from '#server/testing/agent-conformance.ts';
import { createWorld } from '#server/testing/agent-world.ts';
import { joinByPull, type ScriptedAgent, sayByHttp } from '#server/testing/scripted-agents.ts';

describeAgentConformance('HTTP requests that come for work', async (scripts) => {
  const world = await createWorld();
  const agents: ScriptedAgent[] = [];
  for (const script of scripts) agents.push(await joinByPull(world, script));
  return {
    world,
    agents,
    say: sayByHttp(world),
    vanish: (agent) => agent.vanish(),
    async [Symbol.asyncDispose]() {
      for (const agent of agents) await agent.vanish();
      await world[Symbol.asyncDispose]();
    },
  };
});
