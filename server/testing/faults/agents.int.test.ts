import { expect, test } from 'vitest';
import type { AgentId, RunId } from '#server/domain/ids.ts';
import { toUuid } from '#server/domain/ids.ts';
import { forkAsked } from './asked-process.ts';
import { type BrokerRig, provideBrokerRig } from './broker-rig.ts';
import { openGate } from './ledger.ts';
import type { AgentOrders } from './protocol.ts';
import { until } from './until.ts';

const current = provideBrokerRig();

const GATED = { stages: [{ key: 'only', type: 'gate' }] };
/** Fewer than the losses for which an agent is quarantined. */
const ROUNDS = 4;

async function startAgent({ rig, rabbitmq, namespace }: BrokerRig, name: string) {
  const child = forkAsked<AgentOrders>('./agent-process.ts');
  await child.ask('boot', { name, serviceUrl: rig.url, rabbitmq: { url: rabbitmq.url, namespace } });
  const { id } = await child.ask('state', null);
  return {
    ...child,
    id: id as AgentId,
    state: () => child.ask('state', null),
    drain: (withinMs: number) => child.ask('drain', { withinMs }),
    [Symbol.asyncDispose]: child.kill,
  };
}

/** As the board has it. */
async function boardState({ rig }: BrokerRig, id: AgentId): Promise<string | undefined> {
  const [row] = await rig.sql<{ state: string }[]>`
    SELECT state FROM agent_health WHERE agent_id = ${toUuid(id)}::text::uuid`;
  return row?.state;
}

const onBoard = (world: BrokerRig, id: AgentId, state: string) =>
  until(`the board to show ${id} as ${state}`, async () => (await boardState(world, id)) === state);

const held = ({ rig }: BrokerRig, runId: RunId, by: AgentId) =>
  until(`${runId} to be held by ${by}`, async () => {
    const [task] = await rig.tasks(runId);
    return task?.agent_id?.replaceAll('-', '') === toUuid(by) && task.status === 'running' && task;
  });

test('F20 a drain without a deadline lets the agent finish what it has, gives it nothing more, and shows on the board', async () => {
  const world = current();
  const { rig } = world;
  const engine = await world.engine();
  await using first = await startAgent(world, 'first');
  await onBoard(world, first.id, 'online');
  const working = await rig.start(engine, GATED);
  await held(world, working, first.id);
  await engine.orderAgent(first.id, 'draining');
  await onBoard(world, first.id, 'draining');
  await until('the agent to hear of it', async () => (await first.state()).order === 'drain');
  const next = await rig.start(engine, GATED);
  await openGate(rig.sql, working, next);
  expect(await rig.ended(working)).toBe('succeeded');
  await until('the agent to have nothing in hand', async () => (await first.state()).working === 0);
  expect(await rig.tasks(next)).toMatchObject([{ status: 'ready', epoch: 0 }]);

  await using second = await startAgent(world, 'second');
  expect(await rig.ended(next)).toBe('succeeded');
  for (const [runId, by] of [
    [working, first],
    [next, second],
  ] as const) {
    const [task] = await rig.tasks(runId);
    expect(task).toMatchObject({ epoch: 1, attempt: 1, losses: 0 });
    expect(task?.agent_id?.replaceAll('-', '')).toBe(toUuid(by.id));
  }
  expect(await boardState(world, first.id)).toBe('draining');
  await engine.orderAgent(first.id, null);
  await onBoard(world, first.id, 'online');
  await rig.expectSound();
});

test('F20 a drain with a deadline gives back what is not done by then, at no charge, and another does it', async () => {
  const world = current();
  const { rig } = world;
  const engine = await world.engine();
  await using first = await startAgent(world, 'first');
  await onBoard(world, first.id, 'online');
  const runs = await Promise.all(Array.from({ length: 5 }, () => rig.start(engine, GATED)));
  for (const runId of runs) await held(world, runId, first.id);
  await using second = await startAgent(world, 'second');
  await onBoard(world, second.id, 'online');
  expect(await first.drain(200)).toMatchObject({ working: 0 });
  for (const runId of runs) await held(world, runId, second.id);
  await onBoard(world, first.id, 'draining');
  await first.kill();
  await onBoard(world, first.id, 'offline');
  await openGate(rig.sql, ...runs);
  for (const runId of runs) {
    expect(await rig.ended(runId)).toBe('succeeded');
    expect(await rig.tasks(runId)).toMatchObject([{ epoch: 2, attempt: 1, losses: 0 }]);
  }
  await rig.expectSound();
});

test('F21 one agent on two hosts, again and again: the younger is the agent, the older is told to stop, and its work goes to the younger', async () => {
  const world = current();
  const { rig } = world;
  const engine = await world.engine({ defaults: { leaseMs: 3000 } });
  let older = await startAgent(world, 'one and only');
  const agentId = older.id;
  await onBoard(world, agentId, 'online');
  for (let round = 1; round <= ROUNDS; round += 1) {
    const runId = await rig.start(engine, GATED);
    await held(world, runId, agentId);
    const younger = await startAgent(world, 'one and only');
    expect(younger.id).toBe(agentId);
    await until('the older to be told to stop', async () => (await older.state()).order === 'retire');
    expect(await older.state()).toMatchObject({
      working: 0,
      troubles: [expect.stringContaining('it stops')],
    });
    // What it does not give back as it ends comes when its lease does.
    await until('the younger to have the work', async () => (await younger.state()).working === 1);
    await openGate(rig.sql, runId);
    expect(await rig.ended(runId)).toBe('succeeded');
    expect(await rig.tasks(runId)).toMatchObject([{ epoch: 2, attempt: 1 }]);
    expect(await younger.state()).toMatchObject({ order: 'serve', troubles: [] });
    await older.kill();
    older = younger;
  }
  const agents = await rig.sql`SELECT generation FROM agents`;
  expect(agents).toEqual([{ generation: ROUNDS + 1 }]);
  await rig.expectSound();
  await older.kill();
});

test('F21 an agent that comes and goes again and again leaves one line on the board, and finishes what it is given', async () => {
  const world = current();
  const { rig } = world;
  const engine = await world.engine();
  const runs = await Promise.all(Array.from({ length: 2 * ROUNDS }, () => rig.start(engine, GATED)));
  for (let round = 1; round <= ROUNDS; round += 1) {
    await using agent = await startAgent(world, 'comes and goes');
    await until('it to have all the work', async () => (await agent.state()).working === runs.length);
    // Its next process begins at once, and may be heard before what this one gives back.
    await agent.drain(0);
  }
  await using last = await startAgent(world, 'comes and goes');
  await openGate(rig.sql, ...runs);
  for (const runId of runs) {
    expect(await rig.ended(runId)).toBe('succeeded');
    expect(await rig.tasks(runId)).toMatchObject([{ attempt: 1, losses: 0 }]);
  }
  await onBoard(world, last.id, 'online');
  const agents = await rig.sql`SELECT generation FROM agents`;
  expect(agents).toEqual([{ generation: ROUNDS + 1 }]);
  await rig.expectSound();
});
