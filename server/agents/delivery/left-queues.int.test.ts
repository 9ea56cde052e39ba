import { expect, it } from 'vitest';
import { eventually, openWorld } from '#server/testing/agent-world.ts';
import { joinByAmqp, joinByPull } from '#server/testing/scripted-agents.ts';

const WISHES = { prefer: [{ label: 'gpu', weight: 10 }] };
const graph = { stages: [{ key: 'work', type: 'long', agent: WISHES }] };
const never = () => new Promise<null>(() => undefined);

it.each([
  ['of the same kind', joinByAmqp],
  ['of another kind', joinByPull],
])('what lies in the queue of one agent goes to another %s when it is gone', async (_, join) => {
  const world = await openWorld();
  const script = { capability: 'long', concurrency: 1 };
  const wished = await joinByAmqp(world, { ...script, name: 'wished', labels: ['gpu'], handle: never });
  const runs = await Promise.all([1, 2, 3].map(() => world.startRun(graph)));
  const statuses = async () => Promise.all(runs.map(async (run) => (await world.task(run))?.status));
  await eventually(async () =>
    expect((await statuses()).toSorted()).toEqual(['queued', 'queued', 'running']),
  );

  await wished.vanish();
  await eventually(async () => {
    const waits = await Promise.all(runs.map(async (run) => (await world.task(run))?.wait?.code));
    expect(waits.filter((code) => code === 'no-agent').length).toBeGreaterThan(0);
  });
  const other = await join(world, { ...script, name: 'other', handle: async () => 'by the other' });
  for (const run of runs) expect(await world.untilOver(run)).toBe('succeeded');
  const tasks = await Promise.all(runs.map((run) => world.task(run)));
  expect(tasks.map((task) => task?.output)).toEqual(Array(3).fill('by the other'));
  // Only what it had begun was lost with it.
  expect(tasks.map((task) => task?.losses).toSorted()).toEqual([0, 0, 1]);
  expect(tasks.map((task) => task?.attempt)).toEqual([1, 1, 1]);
  await other.vanish();
});
