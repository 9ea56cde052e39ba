import { describe, expect, it } from 'vitest';
import { queuesOfTenant, tenantOfQueue } from '#server/broker/topology.ts';
import { DEFAULT_ORG_ID, makeId, type OrgId, type RunId, taskId, toUuid } from '#server/domain/ids.ts';
import type { Report } from '#server/domain/messages.ts';
import { KEY } from '#server/redis/keys.ts';
import { eventually, openWorld, type World } from '#server/testing/agent-world.ts';
import { joinByAmqp } from '#server/testing/scripted-agents.ts';

const OTHER = makeId('org', '0190aaaa0000700080000000000000b2');
const graph = { stages: [{ key: 'work', type: 'resize' }] };
const REGISTRATION = { transport: 'pull' as const, capabilities: [{ name: 'resize' }], max_concurrency: 9 };

/** A world with a second tenant in it. */
async function openTenants(options: Parameters<typeof openWorld>[0]): Promise<World> {
  const world = await openWorld(options);
  await world.database.sql`INSERT INTO orgs (id, name) VALUES (${toUuid(OTHER)}::text::uuid, 'other')`;
  return world;
}

async function join(world: World, orgId: OrgId, name: string) {
  const { registry, fleet } = world.program().agents;
  const { id, generation } = await registry.register(orgId, { ...REGISTRATION, name });
  await eventually(() => expect(fleet.now().map(({ record }) => record.id)).toContain(id));
  const visitor = { agentId: id, generation };
  return {
    visitor,
    claim: async (waitMs: number) =>
      (await world.program().agents.pull.claim(visitor, { max: 9, inFlight: 0, waitMs })).tasks,
    report: (reports: Report[]) => world.program().agents.pull.report(visitor, reports),
  };
}

/** But for what changes by itself while a task lies in a queue: it is looked at there, its message is sent again, and its agent is missed. */
async function everythingOf(world: World, runId: RunId) {
  const { sql } = world.database;
  const id = toUuid(runId);
  const [runs, tasks, logs, late, objects] = await Promise.all([
    sql`SELECT status FROM runs WHERE id = ${id}::text::uuid`,
    sql`SELECT to_jsonb(t) || CASE status WHEN 'queued' THEN '{"due_at": null, "wait": null}' ELSE '{}' END::jsonb AS task
      FROM tasks t WHERE run_id = ${id}::text::uuid`,
    sql`SELECT * FROM task_stage_logs WHERE run_id = ${id}::text::uuid`,
    sql`SELECT * FROM late_answers WHERE run_id = ${id}::text::uuid`,
    sql`SELECT * FROM run_objects WHERE run_id = ${id}::text::uuid`,
  ]);
  const stream = await world.hot.readStream(KEY.runProgress(runId), null, 100);
  return {
    runs: [...runs],
    tasks: [...tasks],
    logs: [...logs],
    late: [...late],
    objects: [...objects],
    stream,
  };
}

describe.each([
  ['the embedded broker', undefined],
  ['RabbitMQ', process.env.RABBITMQ_URL],
])('two tenants on %s', (_, rabbitmqUrl) => {
  const options = rabbitmqUrl === undefined ? {} : { rabbitmqUrl };

  it('each find their own work in their own queues, and never the other one’s', async () => {
    const world = await openTenants(options);
    const ours = await join(world, DEFAULT_ORG_ID, 'ours');
    const theirs = await join(world, OTHER, 'theirs');
    const their = await world.startRun(graph, 'theirs', OTHER);
    const queued = queuesOfTenant(OTHER).pull('resize');
    await eventually(async () => expect(await world.task(their)).toMatchObject({ status: 'queued' }));
    expect(tenantOfQueue(queued)).toBe(OTHER);
    const [row] = await world.database.sql<{ queue: string }[]>`SELECT queue FROM tasks`;
    expect(row?.queue).toBe(queued);
    expect(await ours.claim(300)).toEqual([]);
    const our = await world.startRun(graph, 'ours');
    expect(await ours.claim(10_000)).toMatchObject([{ input: 'ours', run_id: our }]);
    expect(await theirs.claim(10_000)).toMatchObject([{ input: 'theirs', run_id: their }]);
    const depths = (await world.broker.depths()).map(({ queue }) => queue);
    expect(depths).toEqual(expect.arrayContaining([queued, queuesOfTenant(DEFAULT_ORG_ID).pull('resize')]));
  });

  it('F17 do not exist for each other: what a stranger reports is unknown, and nothing of it is kept', async () => {
    const world = await openTenants(options);
    const stranger = await join(world, DEFAULT_ORG_ID, 'stranger');
    const theirs = await join(world, OTHER, 'theirs');
    const runId = await world.startRun(graph, null, OTHER);
    const task = { task_id: taskId(runId, 0), epoch: 1 };
    const said: Report[] = [
      { type: 'accepted', ...task },
      { type: 'beat', ...task, progress: 0.5 },
      { type: 'log', ...task, line: 0, level: 'info', message: 'I was here' },
      { type: 'failed', ...task, error: { class: 'agent', code: 'X', message: 'x' } },
      {
        type: 'succeeded',
        ...task,
        output: { $object: 'a'.repeat(64), bytes: 1, contentType: 'text/plain' },
      },
      { type: 'released', ...task },
    ];
    // Once while it lies in a queue, and once while somebody has it.
    for (const phase of ['queued', 'running']) {
      await eventually(async () => expect(await world.task(runId)).toMatchObject({ status: phase }));
      const before = await everythingOf(world, runId);
      const answers = await stranger.report(said);
      expect(answers.map(({ status }) => status)).toEqual(
        said.map(({ type }) => (type === 'log' ? 'ok' : 'unknown')),
      );
      expect(await everythingOf(world, runId)).toEqual(before);
      if (phase === 'queued') expect(await theirs.claim(10_000)).toMatchObject([task]);
    }
    expect(await theirs.report([{ type: 'succeeded', ...task, output: 1 }])).toEqual([{ status: 'ok' }]);
    expect(await world.untilOver(runId)).toBe('succeeded');
    await world.expectSound();
  });

  it('have their lost messages found and sent again, each to the queue of its own', async () => {
    const world = await openTenants(options);
    const theirs = await join(world, OTHER, 'theirs');
    const runId = await world.startRun(graph, 'again', OTHER);
    await eventually(async () => {
      expect(await world.task(runId)).toMatchObject({ status: 'queued', epoch: 1 });
      expect(await world.database.sql`SELECT FROM outbox`).toHaveLength(0);
    });
    expect(await world.broker.purge(queuesOfTenant(OTHER).pull('resize'))).toBe(1);
    await eventually(async () => {
      expect(await theirs.claim(1000)).toMatchObject([{ run_id: runId, epoch: 1 }]);
    });
  });

  it('tell an agent that comes in over the broker which queues are those of its tenant', async () => {
    const world = await openTenants({ ...options, agents: { orgId: OTHER } });
    const handle = async () => 'by their agent';
    const agent = await joinByAmqp(world, { name: 'theirs', capability: 'resize', concurrency: 1, handle });
    const { fleet } = world.program().agents;
    await eventually(() => expect(fleet.now().map(({ record }) => record.id)).toEqual([agent.id]));
    const our = await world.startRun(graph, null);
    const their = await world.startRun(graph, null, OTHER);
    expect(await world.untilOver(their)).toBe('succeeded');
    expect(await world.task(their)).toMatchObject({ output: 'by their agent' });
    expect(await world.task(our)).toMatchObject({ status: 'ready', wait: { code: 'no-agent' } });
    await agent.vanish();
  });

  it('leave no queue of their own behind when they are taken off the list', async () => {
    const world = await openTenants(options);
    const { visitor } = await join(world, OTHER, 'theirs');
    const own = queuesOfTenant(OTHER).ownPull(visitor.agentId);
    const known = async () => (await world.broker.depths()).map(({ queue }) => queue);
    await eventually(async () => expect(await known()).toContain(own));
    await world.program().agents.registry.deregister(OTHER, visitor.agentId);
    await eventually(async () => expect(await known()).not.toContain(own));
    // That of the capability is for whoever has it next.
    expect(await known()).toContain(queuesOfTenant(OTHER).pull('resize'));
  });

  it('see, replay and discard no dead letters but their own', async () => {
    const world = await openTenants(options);
    const { broker } = world;
    const queues = [DEFAULT_ORG_ID, OTHER].map((orgId) => queuesOfTenant(orgId).pull('resize'));
    for (const queue of queues) {
      await broker.ensureQueue(queue);
      await broker.publish([{ queue, priority: 'medium', messageId: `for ${queue}`, body: '{}' }]);
      const subscription = await broker.consume(queue, { prefetch: 1 }, (delivery) => delivery.reject('bad'));
      const isOfQueue = (each: string) => each === queue;
      await eventually(async () => expect(await broker.listDeadLetters(10, isOfQueue)).toHaveLength(1));
      await subscription.stop();
    }
    const isTheirs = (queue: string) => tenantOfQueue(queue) === OTHER;
    const isOurs = (queue: string) => tenantOfQueue(queue) === DEFAULT_ORG_ID;
    // Ours is the older one, so one letter is not enough to look at.
    const [theirs] = await broker.listDeadLetters(1, isTheirs);
    expect(theirs).toMatchObject({ queue: queues[1] });
    const id = theirs?.id ?? '';
    expect(await broker.replayDeadLetter(id, isOurs)).toBe(false);
    expect(await broker.discardDeadLetter(id, 'not mine', isOurs)).toBe(false);
    expect(await broker.listDeadLetters(10)).toHaveLength(2);
    expect(await broker.discardDeadLetter(id, 'mine', isTheirs)).toBe(true);
    expect(await broker.listDeadLetters(10)).toMatchObject([{ queue: queues[0] }]);
  });
});
