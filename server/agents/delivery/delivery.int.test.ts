import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { queuesOfTenant } from '#server/broker/topology.ts';
import { DEFAULT_ORG_ID, type TaskId } from '#server/domain/ids.ts';
import { eventually, openWorld, TEST_BEAT_MS, type World } from '#server/testing/agent-world.ts';
import { joinByAmqp } from '#server/testing/scripted-agents.ts';

const QUEUES = queuesOfTenant(DEFAULT_ORG_ID);
const graph = (type: string) => ({ stages: [{ key: 'work', type }] });

async function depthOf(world: World, queue: string): Promise<{ messages: number; unacked: number }> {
  const depth = (await world.broker.depths()).find((each) => each.queue === queue);
  return { messages: depth?.messages ?? 0, unacked: depth?.unacked ?? 0 };
}

describe('an agent on queues', () => {
  it('holds no message while it works for long, and hands back what it cannot begin', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const world = await openWorld();
    const handle = async (): Promise<null> => {
      await gate;
      return null;
    };
    const agent = await joinByAmqp(world, { name: 'slow', capability: 'long', concurrency: 1, handle });
    const runs = await Promise.all([1, 2, 3].map(() => world.startRun(graph('long'))));
    await eventually(async () => {
      const { messages, unacked } = await depthOf(world, QUEUES.capability('long'));
      expect(unacked).toBe(0);
      expect(messages).toBeGreaterThan(0);
      const states = await Promise.all(runs.map(async (run) => (await world.task(run))?.status));
      expect(states.toSorted()).toEqual(['queued', 'queued', 'running']);
    });
    open();
    for (const run of runs) expect(await world.untilOver(run)).toBe('succeeded');
    await agent.vanish();
  });

  it('leaves nothing behind when it drains: it finishes what it has and the rest goes to others', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const world = await openWorld();
    const handle = async (): Promise<string> => {
      await gate;
      return 'by the first';
    };
    const first = await joinByAmqp(world, { name: 'first', capability: 'long', concurrency: 1, handle });
    const runs = await Promise.all([1, 2].map(() => world.startRun(graph('long'))));
    await eventually(async () => {
      const states = await Promise.all(runs.map(async (run) => (await world.task(run))?.status));
      expect(states).toContain('running');
    });
    const second = await joinByAmqp(world, {
      name: 'second',
      capability: 'long',
      concurrency: 1,
      handle: async () => 'by the second',
    });
    const drained = first.drain();
    await eventually(async () => {
      const outputs = await Promise.all(runs.map(async (run) => (await world.task(run))?.output));
      expect(outputs).toContain('by the second');
    });
    open();
    await drained;
    const outputs = await Promise.all(
      runs.map(async (run) => {
        await world.untilOver(run);
        return world.task(run);
      }),
    );
    expect(outputs.map((task) => task?.output).toSorted()).toEqual(['by the first', 'by the second']);
    expect(outputs.map((task) => task?.losses)).toEqual([0, 0]);
    await first.vanish();
    await second.vanish();
  });

  it('is refused with the reason when there are too many agents', async () => {
    const world = await openWorld({ agents: { maxAgents: 1 } });
    const script = { capability: 'x', concurrency: 1, handle: async () => null };
    const first = await joinByAmqp(world, { ...script, name: 'one' });
    await expect(joinByAmqp(world, { ...script, name: 'two' })).rejects.toMatchObject({
      code: 'LIMITED',
      message: expect.stringContaining('MAX_AGENTS'),
    });
    await first.vanish();
  });
});

describe('an agent that comes for its work', () => {
  const registration = { name: 'visitor', transport: 'pull' as const, capabilities: [{ name: 'fetch' }] };

  it('gets exactly what it asked for, leased to it; the rest goes back into the queue', async () => {
    const world = await openWorld();
    const { registry, pull } = world.program().agents;
    const visitor = { agentId: '' as never, ...(await registry.register(DEFAULT_ORG_ID, registration)) };
    const me = { agentId: visitor.id, generation: visitor.generation };
    // However slow the machine is, it counts as there, and keeps what it has.
    let held: { task_id: TaskId; epoch: number }[] = [];
    const beat = () =>
      pull.heartbeat(
        me,
        { in_flight: held.length },
        held.map(({ task_id, epoch }) => ({ type: 'beat', task_id, epoch })),
      );
    const beating = setInterval(() => void beat(), TEST_BEAT_MS / 2);
    onTestFinished(() => clearInterval(beating));
    const runs = await Promise.all([1, 2, 3].map(() => world.startRun(graph('fetch'))));
    const { tasks } = await pull.claim(me, { max: 2, inFlight: 0, waitMs: 5000 });
    held = tasks;
    expect(tasks.length).toBeGreaterThan(0);
    expect(tasks.length).toBeLessThanOrEqual(2);
    for (const task of tasks) expect(task.lease_until).toBeGreaterThan(0);
    const running = await Promise.all(runs.map(async (run) => (await world.task(run))?.status));
    expect(running.filter((status) => status === 'running')).toHaveLength(tasks.length);
    await eventually(async () => {
      expect(await depthOf(world, QUEUES.pull('fetch'))).toMatchObject({ unacked: 0 });
      expect((await depthOf(world, QUEUES.pull('fetch'))).messages).toBeGreaterThan(0);
    });
    held = [];
    await pull.report(
      me,
      tasks.map(({ task_id, epoch }) => ({ type: 'succeeded', task_id, epoch, output: null })),
    );
    // A claim returns with what has come; each task is its own message.
    let granted = tasks.length;
    while (granted < 3) granted += (await pull.claim(me, { max: 3, inFlight: 0, waitMs: 5000 })).tasks.length;
    expect(granted).toBe(3);
  });

  it('gives one task to one of many who ask at once', async () => {
    const world = await openWorld({ agents: { beatMs: 60_000 } });
    const { registry, pull } = world.program().agents;
    const visitors = await Promise.all(
      ['a', 'b', 'c'].map((instance) => registry.register(DEFAULT_ORG_ID, { ...registration, instance })),
    );
    const claims = visitors.map(({ id, generation }) =>
      pull.claim({ agentId: id, generation }, { max: 5, inFlight: 0, waitMs: 5000 }),
    );
    await world.startRun(graph('fetch'));
    const got = (await Promise.all(claims)).map(({ tasks }) => tasks.length);
    expect(got.toSorted()).toEqual([0, 0, 1]);
  });

  it('takes a task back that was granted to somebody who had gone', async () => {
    const world = await openWorld({ agents: { beatMs: 60_000 } });
    const { registry, pull } = world.program().agents;
    const { id, generation } = await registry.register(DEFAULT_ORG_ID, registration);
    const abort = new AbortController();
    abort.abort();
    const run = await world.startRun(graph('fetch'));
    await eventually(async () => {
      await pull.claim(
        { agentId: id, generation },
        { max: 1, inFlight: 0, waitMs: 500, signal: abort.signal },
      );
      expect((await world.task(run))?.epoch).toBeGreaterThan(1);
    });
    const { tasks } = await pull.claim({ agentId: id, generation }, { max: 1, inFlight: 0, waitMs: 5000 });
    expect(tasks).toHaveLength(1);
    expect(await world.task(run)).toMatchObject({ status: 'running', losses: 0, attempt: 1 });
  });
});

/** One in a world of its own, that always says that it lives. */
async function openCalled(answers: RequestListener, { hasStatus = false } = {}) {
  const server = createServer((request, response) => {
    request.resume();
    if (request.url === '/health') response.end();
    else answers(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const world = await openWorld();
  const status = hasStatus ? { status: `${origin}/status` } : {};
  await world.program().agents.registry.register(DEFAULT_ORG_ID, {
    name: 'called',
    transport: 'push',
    capabilities: [{ name: 'call' }],
    endpoints: { task: `${origin}/task`, health: `${origin}/health`, ...status },
  });
  return {
    world,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('an agent that is called', () => {
  it('is left alone for as long as it asked, at no charge to the task, and tried again with the same key per hand-out', async () => {
    const keys: string[] = [];
    const answers: RequestListener = (request, response) => {
      keys.push(String(request.headers['idempotency-key']));
      if (keys.length === 1) return void response.writeHead(429, { 'retry-after': '4' }).end();
      if (keys.length === 2) return void response.destroy();
      response.end(JSON.stringify({ status: 'succeeded', output: 'third time' }));
    };
    await using called = await openCalled(answers);
    const { world } = called;
    const run = await world.startRun(graph('call'));
    await eventually(async () => expect((await world.task(run))?.wait?.code).toBe('agents-full'));
    expect(keys).toHaveLength(1);
    expect(await world.untilOver(run)).toBe('succeeded');
    expect(await world.task(run)).toMatchObject({ output: 'third time', attempt: 1, losses: 0, epoch: 2 });
    expect(keys[1]).toBe(keys[2]);
    expect(keys[0]).not.toBe(keys[1]);
  });

  it('is said not to have taken what it has not answered', async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    let isDone = false;
    const answers: RequestListener = async (request, response) => {
      if (request.url?.startsWith('/status')) {
        return void response.end(
          JSON.stringify(isDone ? { status: 'succeeded', output: 'at last' } : { status: 'running' }),
        );
      }
      await answered;
      response.writeHead(202).end();
    };
    await using called = await openCalled(answers, { hasStatus: true });
    const { world } = called;
    const run = await world.startRun(graph('call'));
    const wait = { code: 'unanswered', blockers: ['called'] };
    await eventually(async () => expect((await world.task(run))?.wait).toMatchObject(wait));
    answer();
    await eventually(async () =>
      expect(await world.task(run)).toMatchObject({ status: 'running', wait: null, epoch: 1 }),
    );
    isDone = true;
    expect(await world.untilOver(run)).toBe('succeeded');
    expect(await world.task(run)).toMatchObject({ output: 'at last', attempt: 1, wait: null });
  });

  it('is asked after its work by the next process, when the one that gave it has gone', async () => {
    let given = 0;
    let isDone = false;
    const answers: RequestListener = (request, response) => {
      if (request.url === '/task') {
        given += 1;
        return void response.writeHead(202).end();
      }
      response.end(
        JSON.stringify(
          isDone ? { status: 'succeeded', output: 'all along' } : { status: 'running', progress: 0.5 },
        ),
      );
    };
    await using called = await openCalled(answers, { hasStatus: true });
    const { world } = called;
    const run = await world.startRun(graph('call'));
    await eventually(async () => expect(await world.task(run)).toMatchObject({ progress: 0.5 }));
    await world.restart();
    isDone = true;
    expect(await world.untilOver(run)).toBe('succeeded');
    expect(await world.task(run)).toMatchObject({ output: 'all along', epoch: 1, attempt: 1, losses: 0 });
    expect(given).toBe(1);
  });

  it.each([
    { what: 'a status that is no answer', status: 500, body: '', code: 'AGENT_HTTP_STATUS' },
    { what: 'a redirect', status: 302, body: '', code: 'AGENT_HTTP_STATUS' },
    { what: 'something that is no result', status: 200, body: '{"status":"perhaps"}', code: 'AGENT_ANSWER' },
    { what: 'no JSON', status: 200, body: '<html>', code: 'AGENT_ANSWER' },
  ])('has failed when it answers with $what', async ({ status, body, code }) => {
    const answers: RequestListener = (_, response) =>
      void response.writeHead(status, { location: 'http://127.0.0.1/' }).end(body);
    await using called = await openCalled(answers);
    const { world } = called;
    const run = await world.startRun(graph('call'));
    expect(await world.untilOver(run)).toBe('failed');
    expect(await world.task(run)).toMatchObject({ error: { class: 'agent', code } });
  });
});
