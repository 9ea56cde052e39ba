import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createRabbitmqBroker } from '#server/broker/rabbitmq.ts';
import { agentWelcomeKey, RESPONSE_QUEUE } from '#server/broker/topology.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { DEFAULT_ORG_ID, makeId, taskId, toUuid } from '#server/domain/ids.ts';
import { MESSAGE_VERSION } from '#server/domain/messages.ts';
import type { AgentDesk, ReportSink } from '#server/domain/reports.ts';
import { eventually, newMessageId, openWorld, type World } from '#server/testing/agent-world.ts';
import { joinByAmqp, type Script, sayByAmqp } from '#server/testing/scripted-agents.ts';
import { NO_PAUSES } from './pause-points.ts';
import { createResponseConsumer } from './response-consumer.ts';

const graph = { stages: [{ key: 'work', type: 'consume' }] };
const script = (handle: Script['handle']): Script => ({
  name: 'worker',
  capability: 'consume',
  concurrency: 4,
  handle,
});

function send(world: World, body: string | Uint8Array, messageId = newMessageId()) {
  return world.broker.publish([{ queue: RESPONSE_QUEUE, priority: 'high', messageId, body }]);
}

async function inboxSize(world: World): Promise<number> {
  const [row] = await world.database.sql<{ count: number }[]>`SELECT count(*)::int AS count FROM inbox`;
  return row?.count ?? 0;
}

describe('messages of agents', () => {
  it.each([
    ['no JSON', '{"version":1,'],
    ['another version', JSON.stringify({ version: 99, agent_id: `agent_${'0'.repeat(32)}`, reports: [] })],
    ['no agent', JSON.stringify({ version: MESSAGE_VERSION, agent_id: 'me', reports: [] })],
    [
      'a report of no known kind',
      JSON.stringify({
        version: MESSAGE_VERSION,
        agent_id: `agent_${'0'.repeat(32)}`,
        reports: [{ type: 'exploded', task_id: `task_${'0'.repeat(32)}_0`, epoch: 1 }],
      }),
    ],
    ['nesting without end', `${'['.repeat(5000)}${']'.repeat(5000)}`],
    ['bytes that are no text', Uint8Array.from([0xff, 0xfe, 0, 1])],
    ['a bare null', 'null'],
    ['more than is taken', `"${'x'.repeat(17 * 1024 * 1024)}"`],
  ])('sets a message with %s aside with the reason, and goes on', async (_what, body) => {
    const world = await openWorld();
    await send(world, body);
    await eventually(async () => {
      const letters = await world.broker.listDeadLetters(10);
      expect(letters).toHaveLength(1);
      expect(letters[0]?.reason.length).toBeGreaterThan(10);
    });
    const agent = await joinByAmqp(
      world,
      script(async () => 'still here'),
    );
    expect(await world.untilOver(await world.startRun(graph))).toBe('succeeded');
    expect(world.troubles).toEqual([]);
    await agent.vanish();
  });

  it('names no queue to an agent that comes in before it is there', async () => {
    const world = await openWorld();
    const { promise: welcomed, resolve } = Promise.withResolvers<Uint8Array>();
    await world.broker.subscribeEvents(agentWelcomeKey('a-newcomer'), (_key, body) => resolve(body));
    const hello = { name: 'newcomer', transport: 'amqp', capabilities: [{ name: 'never-heard-of' }] };
    await send(world, JSON.stringify({ version: MESSAGE_VERSION, reply_to: 'a-newcomer', hello }));
    const { queues: named } = JSON.parse(Buffer.from(await welcomed).toString('utf8'));
    const there = (await world.broker.depths()).map(({ queue }) => queue);
    expect(named).toHaveLength(2);
    expect(there).toEqual(expect.arrayContaining(named));
  });

  it('counts a message once that comes again after its effect was durable and its acknowledgement was lost', async () => {
    const { promise: gate, resolve: letGo } = Promise.withResolvers<void>();
    let isHeld = false;
    let reached = 0;
    const points = {
      reach(point: string): Promise<void> | undefined {
        if (point !== 'before-ack' || !isHeld) return undefined;
        reached += 1;
        return gate;
      },
    };
    const world = await openWorld({ points });
    const agent = await joinByAmqp(
      world,
      script(() => new Promise(() => undefined)),
    );
    const run = await world.startRun(graph);
    await eventually(async () => expect((await world.task(run))?.status).toBe('running'));
    const report = { type: 'succeeded', task_id: taskId(run, 0), epoch: 1, output: 'once' };
    const { id: agent_id, generation } = agent;
    const body = JSON.stringify({ version: MESSAGE_VERSION, agent_id, generation, reports: [report] });
    isHeld = true;
    await send(world, body, 'the-message');
    expect(await world.untilOver(run)).toBe('succeeded');
    await eventually(() => expect(reached).toBeGreaterThan(0));
    isHeld = false;
    const before = await inboxSize(world);
    const [seqBefore] = await world.database
      .sql`SELECT seq, revision FROM runs WHERE id = ${toUuid(run)}::text::uuid`;
    await send(world, body, 'the-message');
    await send(world, body, 'a-later-message');
    await eventually(async () => {
      const rows = await world.database.sql`SELECT FROM inbox WHERE message_id = 'a-later-message'`;
      expect(rows).toHaveLength(1);
    });
    const rows = await world.database.sql`SELECT FROM inbox WHERE message_id = 'the-message'`;
    expect(rows).toHaveLength(1);
    expect(await inboxSize(world)).toBeGreaterThanOrEqual(before + 1);
    const [seqAfter] = await world.database
      .sql`SELECT seq, revision FROM runs WHERE id = ${toUuid(run)}::text::uuid`;
    expect(seqAfter).toEqual(seqBefore);
    letGo();
    await agent.vanish();
  });

  /** A process that holds a task, and a younger one that has taken its name. */
  async function replace(world: World) {
    const first = await joinByAmqp(
      world,
      script(() => new Promise(() => undefined)),
    );
    const run = await world.startRun(graph);
    await eventually(async () => expect((await world.task(run))?.status).toBe('running'));
    const second = await joinByAmqp(
      world,
      script(async () => 'by the second'),
    );
    expect(second).toMatchObject({ id: first.id, generation: first.generation + 1 });
    const held = { task_id: taskId(run, 0), epoch: 1 };
    return { first, second, run, held, say: sayByAmqp(world) };
  }

  it('lets an older process with the name keep nothing, and tells it to stop', async () => {
    const world = await openWorld();
    const { first, second, run, held, say } = await replace(world);
    await say(first, { type: 'beat', ...held, progress: 0.9 });
    await eventually(() => expect(world.troubles.join()).toContain('it stops'));
    expect(await world.untilOver(run)).toBe('succeeded');
    expect(await world.task(run)).toMatchObject({ output: 'by the second', epoch: 2, losses: 1 });
    await say(first, { type: 'succeeded', ...held, output: 'zombie' });
    await eventually(async () => {
      const rows = await world.database.sql<{ answer: unknown }[]>`SELECT answer FROM late_answers`;
      expect(rows.map((row) => row.answer)).toEqual([{ type: 'succeeded', output: 'zombie' }]);
    });
    expect(await world.task(run)).toMatchObject({ output: 'by the second' });
    await second.vanish();
  });

  it('takes back what an older process has released, though the younger one has come in before that was heard', async () => {
    const world = await openWorld();
    const { first, second, run, held, say } = await replace(world);
    await say(first, { type: 'released', ...held });
    expect(await world.untilOver(run)).toBe('succeeded');
    // Without waiting for a lease to end.
    expect(await world.task(run)).toMatchObject({ output: 'by the second', epoch: 2, losses: 0, attempt: 1 });
    await second.vanish();
  });

  it('takes the answer of an older process, if nobody else has been given the task', async () => {
    const world = await openWorld();
    const { first, second, run, held, say } = await replace(world);
    await say(first, { type: 'succeeded', ...held, output: 'by the first' });
    expect(await world.untilOver(run)).toBe('succeeded');
    expect(await world.task(run)).toMatchObject({ output: 'by the first', epoch: 1, losses: 0 });
    expect(await world.database.sql`SELECT FROM late_answers`).toHaveLength(0);
    await second.vanish();
  });

  it('changes nothing for an agent that reports on what it does not hold', async () => {
    const world = await openWorld();
    const holder = await joinByAmqp(
      world,
      script(() => new Promise(() => undefined)),
    );
    const run = await world.startRun(graph);
    await eventually(async () => expect((await world.task(run))?.status).toBe('running'));
    const thief = await joinByAmqp(world, {
      ...script(async () => null),
      name: 'thief',
      capability: 'other',
    });
    const task_id = taskId(run, 0);
    await sayByAmqp(world)(thief, { type: 'succeeded', task_id, epoch: 1, output: 'stolen' });
    await sayByAmqp(world)(thief, { type: 'beat', task_id, epoch: 1, progress: 0.9 });
    await eventually(async () => {
      expect(await world.database.sql`SELECT FROM late_answers`).toHaveLength(1);
    });
    expect(await world.task(run)).toMatchObject({ status: 'running', progress: 0, output: null });
    await thief.vanish();
    await holder.vanish();
  });

  it('leaves what it has not taken in the queue when it stops, for the next process', async () => {
    const world = await openWorld();
    const agent = await joinByAmqp(
      world,
      script(async () => 'done'),
    );
    await world.program().responses.stop();
    const run = await world.startRun(graph);
    await eventually(async () => {
      const depth = (await world.broker.depths()).find(({ queue }) => queue === RESPONSE_QUEUE);
      expect(depth?.messages).toBeGreaterThan(0);
    });
    expect(await world.runStatus(run)).toBe('running');
    await world.restart();
    expect(await world.untilOver(run)).toBe('succeeded');
    await agent.vanish();
  });
});

it('RabbitMQ goes on handing out what does not need the object store, while more than one prefetch waits for it', async () => {
  const url = process.env.RABBITMQ_URL ?? '';
  const broker = createRabbitmqBroker({ url, namespace: `w${randomBytes(4).toString('hex')}` });
  await broker.start();
  let isAway = true;
  const taken: string[] = [];
  const { promise: heard, resolve: hear } = Promise.withResolvers<void>();
  const agentId = makeId('agent', '1'.padStart(32, '0'));
  const consumer = createResponseConsumer({
    broker,
    sink: {
      async report(_from, _reports, messageId) {
        if (messageId !== 'small' && isAway) throw new SignalboxError('UNAVAILABLE', 'no store');
        taken.push(messageId ?? '');
        if (messageId === 'small') hear();
        return [{ status: 'ok' }];
      },
    } as ReportSink,
    desk: {
      admit: async () => ({ agentId, orgId: DEFAULT_ORG_ID, isCurrent: true }),
    } as unknown as AgentDesk,
    points: NO_PAUSES,
    onTrouble: () => undefined,
  });
  const report = { type: 'succeeded', task_id: taskId(makeId('run', '2'.padStart(32, '0')), 0), epoch: 1 };
  const body = JSON.stringify({
    ...{ version: MESSAGE_VERSION, agent_id: agentId, generation: 1 },
    reports: [{ ...report, output: null }],
  });
  const names = Array.from({ length: 150 }, (_, at) => `large ${at}`);
  const toMessage = (messageId: string) => ({
    ...{ queue: RESPONSE_QUEUE, priority: 'high' as const, messageId, body },
  });
  await broker.ensureQueue(RESPONSE_QUEUE);
  await broker.publish([...names, 'small'].map(toMessage));
  await consumer.start();
  await heard;
  expect(taken).toEqual(['small']);
  isAway = false;
  await eventually(async () => expect([...taken].sort()).toEqual([...names, 'small'].sort()));
  await consumer.stop();
  expect((await broker.listDeadLetters(10)).length).toBe(0);
  await broker.stop();
}, 60_000);
