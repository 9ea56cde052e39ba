import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { AgentOptions, Handler, JsonObject } from '../index.mjs';
import { type Asked, agentDoors, claimed, startScriptedServer, task } from '../testing/scripted-server.ts';
import { startAgent } from './agent.mjs';
import { TaskFailure } from './errors.mjs';

vi.setConfig({ testTimeout: 30_000 });
const PATIENCE = { timeout: 60_000, interval: 10 };
/** The first claim is answered with these. */
const giving =
  (...tasks: object[]) =>
  (word: string, _asked: Asked, count: number) =>
    word === 'claim' && count === 1 ? claimed(...tasks) : undefined;

async function open(doors: Parameters<typeof agentDoors>[0]) {
  const server = await startScriptedServer(agentDoors(doors));
  onTestFinished(() => server[Symbol.asyncDispose]());
  const reports = () =>
    server.asked.filter(({ path }) => path.endsWith('/reports')).flatMap(({ body }) => body.reports);
  return { server, reports };
}

async function joinAs(url: string, work: Handler, more: Partial<AgentOptions> = {}) {
  const troubles: string[] = [];
  const agent = await startAgent({
    url,
    token: 't',
    name: 'worker',
    handlers: { work },
    beatMs: 50,
    onTrouble: (message) => void troubles.push(message),
    ...more,
  });
  onTestFinished(async () => void (await agent.stop()));
  return { agent, troubles };
}

describe('an agent', () => {
  test('beats while its handler keeps the thread busy, and the busy loop sees that it is no longer wanted', async () => {
    let beats = 0;
    const { server, reports } = await open((word, asked, count) => {
      if (word === 'heartbeat' && asked.body.tasks.length > 0) {
        beats += 1;
        const answers = [beats < 4 ? { status: 'ok' } : { status: 'stop', reason: 'the run is cancelled' }];
        return { body: { order: 'serve', generation: 1, answers } };
      }
      return giving(task(1))(word, asked, count);
    });
    // The scripted server lives in this thread, so the handler's loop is in a process of its own.
    const child = spawn(process.execPath, ['--input-type=module', '-e', BUSY], {
      cwd: join(import.meta.dirname, '..'),
      env: { ...process.env, SIGNALBOX_URL: server.url },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await vi.waitFor(() => expect(reports()).toMatchObject([{ type: 'cancelled' }]), PATIENCE);
    expect(beats).toBeGreaterThanOrEqual(4);
  });

  test('lets a crash of whatever kind be the failure of one attempt', async () => {
    const { server, reports } = await open((word, asked, count) =>
      word === 'claim' && count <= 5 ? claimed(task(count)) : giving()(word, asked, count + 1),
    );
    const child = spawn(process.execPath, ['--input-type=module', '-e', CRASHING], {
      cwd: join(import.meta.dirname, '..'),
      env: { ...process.env, SIGNALBOX_URL: server.url },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await vi.waitFor(() => expect(reports()).toHaveLength(5), PATIENCE);
    expect(reports()).toMatchObject([
      { type: 'failed', error: { class: 'agent', code: 'AGENT_ERROR', message: 'thrown' } },
      { type: 'failed', error: { message: 'a text' } },
      { type: 'failed', error: { message: 'in a timer' } },
      { type: 'failed', error: { message: 'nobody awaits it' } },
      { type: 'succeeded', output: 5 },
    ]);
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
  });

  test('says class, code and details of a failure, and what of an output cannot be JSON', async () => {
    const { server, reports } = await open(giving(task(1), task(2)));
    await joinAs(
      server.url,
      ({ input }) => {
        if (input === 2) return { big: 1n };
        throw new TaskFailure('No price.', { class: 'invalid-input', code: 'NO_PRICE', details: { row: 7 } });
      },
      { maxConcurrency: 2 },
    );
    await vi.waitFor(() => expect(reports()).toHaveLength(2), PATIENCE);
    expect(reports()).toMatchObject([
      {
        type: 'failed',
        error: { class: 'invalid-input', code: 'NO_PRICE', message: 'No price.', details: { row: 7 } },
      },
      { type: 'failed', error: { class: 'invalid-output', code: 'NOT_JSON' } },
    ]);
  });

  test('says a failure whose details no JSON can hold, and goes on', async () => {
    const circle: Record<string, unknown> = {};
    circle.again = circle;
    const odd: unknown[] = [{ big: 1n }, circle, () => 'a function', [1, 2]];
    const { server, reports } = await open((word, _asked, count) =>
      word === 'claim' && count <= 6 ? claimed(task(count)) : undefined,
    );
    await joinAs(server.url, ({ input }) => {
      const at = Number(input) - 1;
      if (at === 4) throw new TaskFailure(7 as unknown as string, { code: 7 as unknown as string });
      if (at < 4) throw new TaskFailure(`The ${at}th.`, { details: odd[at] as JsonObject });
      return 'done';
    });
    await vi.waitFor(() => expect(reports()).toHaveLength(6), PATIENCE);
    expect(reports()).toMatchObject([
      { error: { message: 'The 0th.', details: { unreadable: expect.stringContaining('BigInt') } } },
      { error: { message: 'The 1th.', details: { unreadable: expect.stringContaining('circular') } } },
      { error: { message: 'The 2th.', details: { unreadable: expect.any(String) } } },
      { error: { message: 'The 3th.', details: { value: [1, 2] } } },
      { error: { message: '7', code: '7' } },
      { type: 'succeeded' },
    ]);
  });

  test('tells a failure that the server refused in a plainer way', async () => {
    const { server, reports } = await open((word, asked, count) => {
      if (word !== 'reports') return giving(task(1))(word, asked, count);
      const isRefused = asked.body.reports.some(
        ({ error }: { error?: object }) => error && 'details' in error,
      );
      return isRefused ? { status: 400, body: { code: 'INVALID', detail: 'No such details.' } } : undefined;
    });
    await joinAs(server.url, () => {
      throw new TaskFailure('No price.', { class: 'invalid-input', details: { row: 7 } });
    });
    await vi.waitFor(() => expect(reports()).toHaveLength(2), PATIENCE);
    const { error } = reports()[1];
    expect(error).toEqual({ class: 'agent', code: 'FAILURE_REFUSED', message: expect.any(String) });
    expect(error.message).toMatch(/^No price\. .*No such details\./);
  });

  test('is told of a class that there is not, with what was to be said, where the failure is made', async () => {
    const { server, reports } = await open(giving(task(1)));
    await joinAs(server.url, () => {
      throw new TaskFailure('No price.', { class: 'invalid_input' as never });
    });
    await vi.waitFor(() => expect(reports()).toHaveLength(1), PATIENCE);
    const message = expect.stringMatching(
      /cannot have the class "invalid_input": use one of agent, timeout, invalid-input.*It was to say: No price\./,
    );
    expect(reports()).toMatchObject([
      { type: 'failed', error: { class: 'agent', code: 'AGENT_ERROR', message } },
    ]);
  });

  test('keeps a result until the server has answered, and knows one that is too large from a server that is away', async () => {
    let refusals = 0;
    const { server, reports } = await open((word, asked, count) => {
      if (word !== 'reports') return giving(task(1))(word, asked, count);
      refusals += 1;
      if (refusals === 1) return 'cut';
      if (refusals === 2) return { status: 503, headers: { 'retry-after': '0' } };
      const isLarge = asked.body.reports.some(({ type }: { type: string }) => type === 'succeeded');
      return isLarge ? { status: 413, body: { code: 'TOO_LARGE', detail: 'Too large.' } } : undefined;
    });
    const { troubles } = await joinAs(server.url, ({ log }) => {
      log('info', 'a line');
      return 'much';
    });
    await vi.waitFor(() => expect(reports().at(-1)).toMatchObject({ type: 'failed' }), PATIENCE);
    expect(reports().at(-1)).toMatchObject({
      error: { class: 'invalid-output', code: 'OUTPUT_REFUSED', message: 'Too large.' },
    });
    expect(troubles.join('\n')).toContain('Reports are kept until the server takes them');
    // The line that came with it was not lost with it.
    const taken = server.asked.filter(({ path }) => path.endsWith('/reports')).slice(-3);
    expect(taken.flatMap(({ body }) => body.reports)).toContainEqual(
      expect.objectContaining({ type: 'log', line: 0, message: 'a line' }),
    );
  });

  test('sends many lines in few requests, in order, before the result', async () => {
    const { server, reports } = await open(giving(task(1)));
    await joinAs(server.url, ({ log, partial }) => {
      for (let line = 0; line < 1200; line += 1) log('debug', `line ${line}`, { line });
      partial('the end');
      return null;
    });
    await vi.waitFor(() => expect(reports().at(-1)).toMatchObject({ type: 'succeeded' }), PATIENCE);
    const logs = reports().slice(0, -1);
    expect(logs.map(({ line }) => line)).toEqual(Array.from({ length: 1201 }, (_, at) => at));
    expect(logs.at(-1)).toMatchObject({ message: 'the end', fields: { partial: true } });
    expect(server.asked.filter(({ path }) => path.endsWith('/reports')).length).toBeLessThan(30);
  });

  test('takes no more than it may have at once, the server may allow it less, and a pause is kept to', async () => {
    let orders = { order: 'serve', generation: 1, max: 2, reason: 'night' };
    const { server } = await open((word, { body }, count) => {
      if (word === 'claim') return { body: { tasks: count <= 2 ? [task(count)] : [], orders } };
      if (word !== 'heartbeat') return undefined;
      return { body: { ...orders, answers: body.tasks.map(() => ({ status: 'ok' })) } };
    });
    const gates: (() => void)[] = [];
    const { agent, troubles } = await joinAs(
      server.url,
      () => new Promise<void>((resolve) => gates.push(resolve)),
      { maxConcurrency: 5 },
    );
    await vi.waitFor(() => expect(gates).toHaveLength(2), PATIENCE);
    const claims = () =>
      server.asked.filter(({ path }) => path.endsWith('/claim')).map(({ body }) => body.max);
    const beats = () => server.asked.filter(({ path }) => path.endsWith('/heartbeat')).length;
    const before = beats();
    await vi.waitFor(() => expect(beats()).toBeGreaterThan(before + 3), PATIENCE);
    expect(claims()).toEqual([5, 1]);
    expect(agent.working).toBe(2);
    orders = { ...orders, order: 'pause' };
    await vi.waitFor(() => expect(troubles).toContain('The server says pause: night.'), PATIENCE);
    for (const resolve of gates) resolve();
    await vi.waitFor(() => expect(agent.working).toBe(0), PATIENCE);
    const paused = beats();
    await vi.waitFor(() => expect(beats()).toBeGreaterThan(paused + 3), PATIENCE);
    expect(claims()).toEqual([5, 1]);
    orders = { ...orders, order: 'serve' };
    await vi.waitFor(() => expect(claims().length).toBeGreaterThan(2), PATIENCE);
  });

  test('registers again at a server that does not know it, and is refused with what to do', async () => {
    let known = 'agent_1';
    const { server } = await open((word, { path }, count) => {
      if (word === 'register') {
        known = `agent_${count}`;
        return { body: { agent_id: known, generation: count } };
      }
      if (path.includes('agent_1') && count === 3) known = 'nobody';
      return path.includes(`/${known}/`) ? undefined : { status: 404, body: { code: 'NOT_FOUND' } };
    });
    await joinAs(server.url, () => null);
    await vi.waitFor(
      () => expect(server.asked.some(({ path }) => path === '/agents/agent_2/claim')).toBe(true),
      PATIENCE,
    );
    const refused = { status: 401, body: { code: 'UNAUTHENTICATED', detail: 'No.', advice: 'Use a token.' } };
    const strict = await open(() => refused);
    await expect(joinAs(strict.server.url, () => null)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      advice: 'Use a token.',
    });
  });

  test('is not replaced by itself: what is said to its calls of before it registered again is not for it', async () => {
    let wasGiven = false;
    const { server, reports } = await open((word, { body }, count) => {
      if (word === 'register') return { body: { agent_id: 'agent_1', generation: count } };
      const retired = { order: 'retire', generation: body.generation };
      if (word === 'claim' && body.generation === 1) {
        return count === 1
          ? { body: { tasks: [task(1)], orders: { order: 'serve', generation: 1 } } }
          : untilRegisteredAgain.then(() => ({ body: { tasks: [], orders: retired } }));
      }
      if (word === 'claim' && !wasGiven) {
        wasGiven = true;
        return claimed(task(2));
      }
      return word === 'reports' && body.generation === 1
        ? { status: 404, body: { code: 'NOT_FOUND' } }
        : undefined;
    });
    const untilRegisteredAgain = vi.waitFor(
      () => expect(server.asked.filter(({ path }) => path.endsWith('/register'))).toHaveLength(2),
      PATIENCE,
    );
    const { agent } = await joinAs(server.url, ({ input }) => input, { maxConcurrency: 2 });
    let end: unknown;
    void agent.ended.then((told) => {
      end = told;
    });
    await vi.waitFor(() => {
      expect(end).toBeUndefined();
      expect(reports()).toContainEqual(expect.objectContaining({ type: 'succeeded', output: 2 }));
    }, PATIENCE);
  });

  test('ends, with why, when another process has its name', async () => {
    const { server } = await open((word) =>
      word === 'claim' ? { status: 409, body: { code: 'CONFLICT', detail: 'Another process.' } } : undefined,
    );
    const { agent } = await joinAs(server.url, () => null);
    expect(await agent.ended).toEqual({ why: 'replaced', message: 'Another process.' });
  });
});

const BUSY = `
  import { runAgent } from '@signalbox/sdk';
  const work = (task) => { while (!task.cancelled); throw new Error('stopped'); };
  await runAgent({ name: 'busy', handlers: { work }, beatMs: 50 });
`;

const CRASHING = `
  import { runAgent } from '@signalbox/sdk';
  const never = new Promise(() => {});
  const work = ({ input }) => {
    if (input === 1) throw new Error('thrown');
    if (input === 2) throw 'a text';
    if (input === 3) return setTimeout(() => { throw new Error('in a timer'); }, 1), never;
    if (input === 4) return Promise.reject(new Error('nobody awaits it')), never;
    return input;
  };
  await runAgent({ name: 'crashing', handlers: { work }, beatMs: 50, drainMs: 0 });
`;
