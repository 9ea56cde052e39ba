import { type Agent, startAgent } from '../../sdk/typescript/index.mjs';
import type { World } from './world.ts';

/** An agent of the benchmark's own, by the door and the SDK that all agents have. */
export async function withAgent<T>(
  { origin, token }: World,
  handlers: Parameters<typeof startAgent>[0]['handlers'],
  act: (agent: Agent) => Promise<T>,
): Promise<T> {
  const agent = await startAgent({
    ...{ name: 'bench', instance: crypto.randomUUID(), url: origin, token, handlers, beatMs: 500 },
  });
  try {
    return await act(agent);
  } finally {
    await agent.stop();
  }
}
