import { DEFAULT_ORG_ID } from '#server/domain/ids.ts';
import { describeAgentConformance } from '#server/testing/agent-conformance.ts';
import { createWorld } from '#server/testing/agent-world.ts';
import { sayByHttp } from '#server/testing/scripted-agents.ts';

describeAgentConformance('a call in the same process', async (scripts) => {
  const builtins = scripts.map(({ name, capability, concurrency, handle }) => ({
    name,
    version: '1',
    capabilities: [capability],
    maxConcurrency: concurrency,
    handle,
  }));
  const world = await createWorld({ builtins });
  const records = await world.program().agents.registry.list(DEFAULT_ORG_ID);
  return {
    world,
    agents: records.map(({ id, generation }) => ({ id, generation, vanish: () => world.restart() })),
    say: sayByHttp(world),
    vanish: () => world.restart(),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
});
