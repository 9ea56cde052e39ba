import { describeAgentConformance } from '#server/testing/agent-conformance.ts';
import { createWorld } from '#server/testing/agent-world.ts';
import { joinByAmqp, type ScriptedAgent, sayByAmqp } from '#server/testing/scripted-agents.ts';

describeAgentConformance('queues of the embedded broker', async (scripts) => {
  const world = await createWorld();
  const agents: ScriptedAgent[] = [];
  for (const script of scripts) agents.push(await joinByAmqp(world, script));
  return {
    world,
    agents,
    say: sayByAmqp(world),
    vanish: (agent) => agent.vanish(),
    async [Symbol.asyncDispose]() {
      for (const agent of agents) await agent.vanish();
      await world[Symbol.asyncDispose]();
    },
  };
});
