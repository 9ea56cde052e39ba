import { describe, expect, it } from 'vitest';
import { AgentFailure } from '#server/agents/agent.ts';
import { type AgentId, DEFAULT_ORG_ID, type OrgId, toUuid } from '#server/domain/ids.ts';
import type { AgentState } from '#server/domain/routing.ts';
import { PRESENCE } from '#server/redis/keys.ts';
import { eventually, openWorld, type World } from '#server/testing/agent-world.ts';
import { joinByPull } from '#server/testing/scripted-agents.ts';

const registration = {
  name: 'resizer',
  transport: 'pull' as const,
  version: '2.1',
  capabilities: [{ name: 'resize', version: '3' }, { name: 'crop' }],
  labels: ['gpu', 'zone=a'],
  resources: { memory_mb: 2048 },
  max_concurrency: 3,
};
const STRANGER = 'org_00000000000070008000000000000009' as OrgId;

function stateIn(world: World, id: AgentId): AgentState | undefined {
  return world
    .program()
    .agents.fleet.now()
    .find(({ record }) => record.id === id)?.state;
}

const graph = (type: string) => ({ stages: [{ key: 'work', type }] });

describe('registry', () => {
  it('keeps all that an agent says of itself', async () => {
    const world = await openWorld();
    const { registry } = world.program().agents;
    const { id } = await registry.register(DEFAULT_ORG_ID, registration);
    expect(await registry.get(DEFAULT_ORG_ID, id)).toMatchObject({
      name: 'resizer',
      instance: 'default',
      transport: 'pull',
      version: '2.1',
      capabilities: [
        { name: 'resize', version: '3' },
        { name: 'crop', version: '' },
      ],
      labels: ['gpu', 'zone=a'],
      resources: { memory_mb: 2048 },
      maxConcurrency: 3,
      generation: 1,
      ordered: null,
    });
  });

  it('knows who registers again by name and instance, and takes the new facts', async () => {
    const world = await openWorld();
    const { registry } = world.program().agents;
    const first = await registry.register(DEFAULT_ORG_ID, registration);
    const again = await registry.register(DEFAULT_ORG_ID, {
      ...registration,
      labels: [],
      max_concurrency: 9,
    });
    const twin = await registry.register(DEFAULT_ORG_ID, { ...registration, instance: 'b' });
    expect(again).toEqual({ ...first, generation: 2, isNew: false });
    expect(twin).toMatchObject({ generation: 1, isNew: true });
    expect(twin.id).not.toBe(first.id);
    expect(await registry.get(DEFAULT_ORG_ID, first.id)).toMatchObject({ labels: [], maxConcurrency: 9 });
    expect(await registry.list(DEFAULT_ORG_ID)).toHaveLength(2);
  });

  it('refuses one more than MAX_AGENTS, also when they come together, and still knows those it has', async () => {
    const world = await openWorld({ agents: { maxAgents: 3 } });
    const { registry } = world.program().agents;
    const outcomes = await Promise.allSettled(
      ['a', 'b', 'c', 'd', 'e'].map((instance) =>
        registry.register(DEFAULT_ORG_ID, { ...registration, instance }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused.map((error) => error.code)).toEqual(['LIMITED', 'LIMITED']);
    const [kept] = await registry.list(DEFAULT_ORG_ID);
    const instance = kept?.instance ?? '';
    expect(await registry.register(DEFAULT_ORG_ID, { ...registration, instance })).toMatchObject({
      generation: 2,
    });
    // Those that come with the program take nobody's place, and are there however full it is.
    const own = { ...registration, instance: 'own', type: 'builtin', transport: 'local' as const };
    expect(await registry.register(DEFAULT_ORG_ID, own)).toMatchObject({ isNew: true });
    await registry.deregister(DEFAULT_ORG_ID, kept?.id as never);
    expect(await registry.register(DEFAULT_ORG_ID, { ...registration, instance: 'f' })).toMatchObject({
      isNew: true,
    });
  });

  it.each([
    ['without a capability', { ...registration, capabilities: [] }],
    ['without a name', { ...registration, name: ' ' }],
    ['that wants to be called and says not where', { ...registration, transport: 'push' as const }],
    [
      'that listens on something that is no web address',
      { ...registration, transport: 'push' as const, endpoints: { task: 'file:///x', health: 'ftp://x/' } },
    ],
  ])('refuses an agent %s', async (_what, bad) => {
    const world = await openWorld();
    await expect(world.program().agents.registry.register(DEFAULT_ORG_ID, bad)).rejects.toMatchObject({
      code: 'INVALID',
    });
  });

  it('shows and obeys only the tenant that it belongs to', async () => {
    const world = await openWorld();
    const { registry } = world.program().agents;
    const { id } = await registry.register(DEFAULT_ORG_ID, registration);
    const missing = { code: 'NOT_FOUND' };
    await expect(registry.get(STRANGER, id)).rejects.toMatchObject(missing);
    await expect(registry.order(STRANGER, id, { state: 'paused', reason: 'x' })).rejects.toMatchObject(
      missing,
    );
    expect(await registry.deregister(STRANGER, id)).toBe(false);
    expect(await registry.list(STRANGER)).toEqual([]);
  });

  it('tells the older of two with one name to stop, and lets it do no harm', async () => {
    const world = await openWorld();
    const { registry, desk, pull } = world.program().agents;
    const old = await registry.register(DEFAULT_ORG_ID, registration);
    const young = await registry.register(DEFAULT_ORG_ID, registration);
    expect(await desk.beat(old.id, old.generation, { in_flight: 0 })).toMatchObject({
      order: 'retire',
      generation: 2,
    });
    expect(await desk.beat(old.id, young.generation, { in_flight: 0 })).toMatchObject({ order: 'serve' });
    const claim = { max: 1, inFlight: 0, waitMs: 0 };
    await expect(pull.claim({ agentId: old.id, generation: 1 }, claim)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(await registry.deregister(DEFAULT_ORG_ID, old.id, old.generation)).toBe(false);
    expect(await registry.deregister(DEFAULT_ORG_ID, old.id, young.generation)).toBe(true);
    expect(await desk.beat(old.id, young.generation, { in_flight: 0 })).toMatchObject({ order: 'retire' });
  });

  it('ends a drain when the agent comes again, but not a pause', async () => {
    const world = await openWorld();
    const { registry } = world.program().agents;
    const { id } = await registry.register(DEFAULT_ORG_ID, registration);
    for (const [state, after] of [
      ['draining', null],
      ['paused', 'paused'],
    ] as const) {
      await registry.order(DEFAULT_ORG_ID, id, { state, reason: 'because' });
      await registry.register(DEFAULT_ORG_ID, registration);
      expect((await registry.get(DEFAULT_ORG_ID, id)).ordered).toBe(after);
    }
  });
});

describe('fleet', () => {
  it('goes stale, then offline, when beats stop, comes back with one, and writes only what changed', async () => {
    // Each state lasts for some of these beats: long enough to be seen.
    const world = await openWorld({ agents: { beatMs: 1000 } });
    const { registry, desk } = world.program().agents;
    const { id, generation } = await registry.register(DEFAULT_ORG_ID, registration);
    const written: string[] = [];
    const follow = async (state: AgentState): Promise<void> => {
      await eventually(async () => {
        expect(stateIn(world, id)).toBe(state);
        const [row] = await world.database.sql<{ state: string }[]>`
          SELECT state FROM agent_health WHERE agent_id = ${toUuid(id)}::text::uuid`;
        expect(row?.state).toBe(state);
      });
      written.push(state);
    };
    await follow('online');
    await follow('stale');
    await follow('offline');
    const [before] = await world.database.sql<{ xmin: string }[]>`SELECT xmin::text FROM agent_health`;
    for (let i = 0; i < 3; i += 1) await world.program().agents.fleet.refresh();
    const [after] = await world.database.sql<{ xmin: string }[]>`SELECT xmin::text FROM agent_health`;
    expect(after?.xmin).toBe(before?.xmin);
    await desk.beat(id, generation, { in_flight: 0, load: 0.5 });
    await follow('online');
    await desk.beat(id, generation, { in_flight: 3 });
    await follow('busy');
    expect(written).toEqual(['online', 'stale', 'offline', 'online', 'busy']);
  });

  it('does not take an agent for dead because the hot state was emptied', async () => {
    const world = await openWorld({ agents: { beatMs: 60_000 } });
    const { registry, fleet } = world.program().agents;
    const { id } = await registry.register(DEFAULT_ORG_ID, registration);
    await eventually(() => expect(stateIn(world, id)).toBe('online'));
    await world.hot.leave(PRESENCE.agents, id);
    await fleet.refresh();
    expect(stateIn(world, id)).toBe('online');
  });

  it('offers what waits as soon as an agent comes that can do it', async () => {
    const world = await openWorld();
    const run = await world.startRun(graph('resize'));
    await eventually(async () => expect((await world.task(run))?.wait?.code).toBe('no-agent'));
    const script = { name: 'late', capability: 'resize', concurrency: 1, handle: async () => 'done' };
    const agent = await joinByPull(world, script);
    expect(await world.untilOver(run)).toBe('succeeded');
    await agent.vanish();
  });

  it('forgets agents that have been offline for long, and nobody else', async () => {
    const world = await openWorld({ agents: { beatMs: 20 } });
    const { registry } = world.program().agents;
    const { id } = await registry.register(DEFAULT_ORG_ID, registration);
    await eventually(() => expect(stateIn(world, id)).toBe('offline'));
    await eventually(async () => {
      const rows = await world.database.sql`SELECT FROM agent_health WHERE state = 'offline'`;
      expect(rows).toHaveLength(1);
    });
    expect(await registry.forgetOffline(60_000)).toBe(0);
    expect(await registry.forgetOffline(0)).toBe(1);
    expect(await registry.list(DEFAULT_ORG_ID)).toEqual([]);
  });
});

describe('breaker', () => {
  it('takes an agent out that fails again and again, tries it with one task, and brings it back', async () => {
    let isBroken = true;
    let atOnce = 0;
    let most = 0;
    const handle = async (): Promise<string> => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((resolve) => setTimeout(resolve, 5));
      atOnce -= 1;
      if (isBroken) throw new Error('disk full');
      return 'fine';
    };
    const world = await openWorld({
      agents: { breaker: { failures: 3, coolDownMs: 500, maxCoolDownMs: 500 } },
    });
    const agent = await joinByPull(world, { name: 'flaky', capability: 'resize', concurrency: 8, handle });
    const { registry } = world.program().agents;
    for (let i = 0; i < 3; i += 1) await world.untilOver(await world.startRun(graph('resize')));
    const taken = await eventually(async () => {
      const record = await registry.get(DEFAULT_ORG_ID, agent.id);
      expect(record.ordered).toBe('quarantined');
      return record;
    });
    expect(taken.orderedReason).toMatch(
      /^breaker: 3 or more of its tasks failed within 60 s, last by \w+; after a rest of 1 s it is tried with one task$/,
    );
    expect(taken.health?.breaker).toMatchObject({ trips: 1 });

    // The first task it is tried with fails, so it rests again.
    const probe = await world.startRun(graph('resize'));
    expect(await world.untilOver(probe)).toBe('failed');
    await eventually(async () =>
      expect((await registry.get(DEFAULT_ORG_ID, agent.id)).health?.breaker?.trips).toBe(2),
    );
    isBroken = false;
    most = 0;
    const runs = await Promise.all([1, 2, 3, 4].map(() => world.startRun(graph('resize'))));
    await eventually(async () => expect((await registry.get(DEFAULT_ORG_ID, agent.id)).ordered).toBeNull());
    for (const run of runs) expect(await world.untilOver(run)).toBe('succeeded');
    expect((await registry.get(DEFAULT_ORG_ID, agent.id)).health?.breaker ?? null).toBeNull();
    await agent.vanish();
  });

  it('blames no agent for bad input', async () => {
    const handle = async (): Promise<never> => {
      throw new AgentFailure('invalid-input', 'BAD', 'bad input');
    };
    const world = await openWorld({ agents: { breaker: { failures: 2 } } });
    const agent = await joinByPull(world, { name: 'strict', capability: 'resize', concurrency: 2, handle });
    for (let i = 0; i < 4; i += 1) await world.untilOver(await world.startRun(graph('resize')));
    expect((await world.program().agents.registry.get(DEFAULT_ORG_ID, agent.id)).ordered).toBeNull();
    await agent.vanish();
  });
});

describe('performance', () => {
  it('adds up how the attempts of each agent ended', async () => {
    let calls = 0;
    const handle = async (): Promise<number> => {
      calls += 1;
      if (calls === 2) throw new Error('once');
      return calls;
    };
    const world = await openWorld();
    const agent = await joinByPull(world, { name: 'counted', capability: 'resize', concurrency: 2, handle });
    for (let i = 0; i < 3; i += 1) await world.untilOver(await world.startRun(graph('resize')));
    await agent.vanish();
    await world.restart();
    const [row] = await world.database.sql<{ succeeded: number; failed: number; lost: number }[]>`
      SELECT sum(succeeded)::int AS succeeded, sum(failed)::int AS failed, sum(lost)::int AS lost FROM agent_performance
      WHERE agent_id = ${toUuid(agent.id)}::text::uuid AND capability = 'resize'`;
    expect(row).toEqual({ succeeded: 2, failed: 1, lost: 0 });
  });
});
