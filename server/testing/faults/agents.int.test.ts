import { expect, test } from 'vitest';
import type { AgentId, RunId } from '#server/domain/ids.ts';
import { toUuid } from '#server/domain/ids.ts';
import { forkAsked } from './asked-process.ts';
import { type BrokerRig, provideBrokerRig } from './broker-rig.ts';
import type { EngineChild } from './engine-child.ts';
import { openGate } from './ledger.ts';
import type { AgentOrders } from './protocol.ts';
import { until } from './until.ts';

const current = provideBrokerRig();

const GATED = { stages: [{ key: 'only', type: 'gate' }] };
const ROUNDS = 5;
/** The lease of a host that was told to stop has to end; the work is lost with each of them, and no poison for that. */
const TAKEN_OVER = { defaults: { leaseMs: 3000, maxLosses: ROUNDS + 1 } };

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

test('F21 one agent on two hosts, again and again: the younger is the agent, the older is told to stop, and no work is done twice or lost', async () => {
  const world = current();
  const { rig } = world;
  const engine = await world.engine(TAKEN_OVER);
  await using hosts = await startHosts(world, engine);
  for (let round = 1; round <= ROUNDS; round += 1) await hosts.replace();
  const { runs, agentId } = hosts;
  await openGate(rig.sql, ...runs);
  for (const runId of runs) {
    expect(await rig.ended(runId)).toBe('succeeded');
    const [task] = await rig.tasks(runId);
    expect(task).toMatchObject({ attempt: 1 });
    expect(task?.agent_id?.replaceAll('-', '')).toBe(toUuid(agentId));
  }
  const agents = await rig.sql`SELECT generation FROM agents`;
  expect(agents).toEqual([{ generation: ROUNDS + 1 }]);
  await onBoard(world, agentId, 'online');
  await rig.expectSound();
});

/** One host after the other takes the name over while the one before lives on, with work in hand. */
async function startHosts(world: BrokerRig, engine: EngineChild) {
  const { rig } = world;
  const hosts = [await startAgent(world, 'one and only')];
  const agentId = (hosts[0] as (typeof hosts)[number]).id;
  const runs: RunId[] = [];
  await onBoard(world, agentId, 'online');
  return {
    runs,
    agentId,
    async replace(): Promise<void> {
      const older = hosts.at(-1);
      const runId = await rig.start(engine, GATED);
      runs.push(runId);
      await held(world, runId, agentId);
      const younger = await startAgent(world, 'one and only');
      hosts.push(younger);
      expect(younger.id).toBe(agentId);
      await until('the older to be told to stop', async () => (await older?.state())?.order === 'retire');
      expect(await older?.state()).toMatchObject({ working: 0 });
      // The older gave nothing back and is heard no more: its lease ends, and the younger gets what it had.
      await until(
        'the younger to have the work',
        async () => (await younger.state()).working === runs.length,
      );
      expect((await younger.state()).order).toBe('serve');
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(hosts.map((host) => host.kill()));
    },
  };
}
