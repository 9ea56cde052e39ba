import { describeAgentConformance } from '#server/testing/agent-conformance.ts';
import { createWorld } from '#server/testing/agent-world.ts';
import { joinByPush, type ScriptedAgent, sayByHttp } from '#server/testing/scripted-agents.ts';

describeAgentConformance('HTTP requests that are pushed', async (scripts) => {
  const world = await createWorld();
  const agents: ScriptedAgent[] = [];
  for (const script of scripts) agents.push(await joinByPush(world, script));
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
