import { describe, expect, it } from 'vitest';
import type { RunId } from '#server/domain/ids.ts';
import { eventually, openWorld, type World } from '#server/testing/agent-world.ts';
import { joinByAmqp, joinByPull, joinByPush, type Script } from '#server/testing/scripted-agents.ts';

const graph = { stages: [{ key: 'work', type: 'dig' }] };

describe.each([
  ['take from queues', joinByAmqp],
  ['come for their work', joinByPull],
  ['are called', joinByPush],
] as const)('F19 agents that %s', (_, join) => {
  it('do all the work there is while one of them, a hundred times as slow, has the one task that it took', async () => {
    // Nobody loses its lease here, however busy the machine is.
    const world = await openWorld({ engine: { defaults: { leaseMs: 120_000, redeliverMs: 1000 } } });
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const stuck: RunId[] = [];
    const script = (name: string, handle: Script['handle']): Script => ({
      ...{ name, capability: 'dig', concurrency: 1, handle },
    });
    const slow = await join(
      world,
      script('slow', async ({ runId }) => {
        stuck.push(runId);
        await gate;
        return 'slow';
      }),
    );
    const first = await world.startRun(graph);
    await eventually(() => expect(stuck).toEqual([first]));
    const quick = await join(
      world,
      script('quick', async () => 'quick'),
    );
    // So many tasks of the quick one fit into one of the slow one.
    const rest = await Promise.all(Array.from({ length: 100 }, () => world.startRun(graph)));
    for (const run of rest) expect(await world.untilOver(run)).toBe('succeeded');
    const outputs = await outputsOf(world, rest);
    expect(new Set(outputs)).toEqual(new Set(['quick']));
    // Whoever takes from a queue says so only after a moment.
    await eventually(async () => expect((await world.task(first))?.status).toBe('running'));
    open();
    expect(await world.untilOver(first)).toBe('succeeded');
    expect(stuck).toEqual([first]);
    for (const agent of [slow, quick]) await agent.vanish();
    await world.expectSound();
  });
});

const outputsOf = (world: World, runs: readonly RunId[]) =>
  Promise.all(runs.map(async (run) => (await world.task(run))?.output));
