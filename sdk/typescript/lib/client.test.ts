import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Answer, type Asked, startScriptedServer } from '../testing/scripted-server.ts';
import { createClient } from './client.mjs';
import { createParser } from './events.mjs';

vi.setConfig({ testTimeout: 30_000 });

async function open(answer: (asked: Asked, count: number) => Answer) {
  const server = await startScriptedServer(answer);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { server, client: createClient({ url: server.url, token: 'the-token' }) };
}

const busy = (headers: Record<string, string> = {}): Answer => ({ status: 503, headers });

describe('the client', () => {
  test('tells of a refusal with its code, its sentence and what to do', async () => {
    const problem = {
      code: 'CONFLICT',
      detail: 'It is still going on.',
      advice: 'Wait.',
      instance: 'request-1',
    };
    const { client, server } = await open(() => ({ status: 409, body: problem }));
    await expect(client.runs.replay('run_1')).rejects.toMatchObject({
      name: 'SignalboxError',
      code: 'CONFLICT',
      status: 409,
      message: 'It is still going on.',
      advice: 'Wait.',
      requestId: 'request-1',
    });
    expect(server.asked).toHaveLength(1);
    expect(server.asked[0]?.headers.authorization).toBe('Bearer the-token');
  });

  test('starts a run under one key, however often the request must be sent', async () => {
    const { client, server } = await open((_, count) => {
      if (count === 1) return 'cut';
      return count === 2 ? busy({ 'retry-after': '0' }) : { status: 202, body: { id: 'run_1' } };
    });
    expect(await client.runs.start('pipe_1', { input_data: 1 })).toEqual({ id: 'run_1' });
    const keys = server.asked.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    await client.runs.start('pipe_1', { input_data: 1 });
    expect(server.asked.at(-1)?.headers['idempotency-key']).not.toBe(keys[0]);
  });

  test('names the attempt that a retry is to follow, when it is told', async () => {
    const { client, server } = await open(() => ({ body: { id: 'run_1' } }));
    await client.tasks.retry('task_1');
    await client.tasks.retry('task_1', { attempt: 2 });
    expect(server.asked.map(({ body }) => body)).toEqual([{}, { attempt: 2 }]);
  });

  test('makes a pipeline under a key too, which may be the caller’s', async () => {
    const { client, server } = await open((_, count) => (count === 1 ? 'cut' : { body: { id: 'pipe_1' } }));
    await client.pipelines.create({ name: 'x', stages: [] }, { idempotencyKey: 'mine' });
    await client.pipelines.import({ name: 'x', text: 'stages: []' });
    const keys = server.asked.map(({ headers }) => headers['idempotency-key']);
    expect(keys.slice(0, 2)).toEqual(['mine', 'mine']);
    expect(keys.slice(2)).toEqual([keys[2], keys[2]]);
    expect(keys[2]).not.toBe('mine');
  });

  test.each<[string, Answer]>([
    ['was cut off', 'cut'],
    ['was answered with 503', busy()],
  ])('does not send twice what may have had effect and %s', async (_, answer) => {
    const { client, server } = await open(() => answer);
    await expect(client.pipelines.updateDraft('pipe_1', { revision: 1, document: {} })).rejects.toMatchObject(
      {
        name: 'SignalboxError',
      },
    );
    expect(server.asked).toHaveLength(1);
  });

  test('waits as long as it is asked to, and then sends even what is not safe: it was turned away unread', async () => {
    const limited: Answer = { status: 429, headers: { 'retry-after': '1' }, body: { code: 'LIMITED' } };
    const { client, server } = await open((_, count) => (count === 1 ? limited : { body: { id: 'pipe_1' } }));
    const startedAt = performance.now();
    await client.pipelines.updateDraft('pipe_1', { revision: 1, document: {} });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990);
    expect(server.asked).toHaveLength(2);
  });

  test('waits for a server that is not there yet', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    const client = createClient({ url: `http://127.0.0.1:${port}`, token: 't' });
    const creating = client.pipelines.create({ name: 'x', stages: [] });
    const server = createServer((_, response) => response.end('{"id":"pipe_1"}'));
    onTestFinished(() => void server.close());
    // It comes after the first try has been refused.
    await new Promise((resolve) => setImmediate(resolve));
    server.listen(port, '127.0.0.1');
    expect(await creating).toEqual({ id: 'pipe_1' });
  });

  test('says what to do when there is no server at all', async () => {
    const client = createClient({ url: 'http://127.0.0.1:1', retryForMs: 0 });
    await expect(client.agents.list()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      advice: expect.stringContaining('SIGNALBOX_URL'),
    });
    expect(() => createClient({ url: 'here' })).toThrow('no address of a server');
  });

  test('goes through every page of a list', async () => {
    const { client, server } = await open(({ query }) =>
      query.get('cursor') === 'run_2'
        ? { body: { runs: [{ id: 'run_1' }], next_cursor: null } }
        : { body: { runs: [{ id: 'run_3' }, { id: 'run_2' }], next_cursor: 'run_2' } },
    );
    const ids: string[] = [];
    for await (const { id } of client.runs.all({ status: ['failed', 'cancelled'] })) ids.push(id);
    expect(ids).toEqual(['run_3', 'run_2', 'run_1']);
    expect(server.asked.map(({ query }) => query.get('status'))).toEqual(Array(2).fill('failed,cancelled'));
  });
});

describe('a list that is given whole', () => {
  const paged =
    (field: string) =>
    ({ query }: Asked): Answer => ({
      body: query.get('cursor')
        ? { [field]: [{ id: 'last' }], next_cursor: null }
        : { [field]: [{ id: 'first' }], next_cursor: 'more' },
    });

  test('holds what the later pages have', async () => {
    const ofVersions = await open(paged('versions'));
    expect(await ofVersions.client.pipelines.versions('pipe_1')).toEqual([{ id: 'first' }, { id: 'last' }]);
    const { client } = await open(paged('dead_letters'));
    expect(await client.queues.deadLetters({ kind: 'task' })).toEqual([{ id: 'first' }, { id: 'last' }]);
  });

  test('of dead letters ends at the number that was asked for', async () => {
    const { client, server } = await open(paged('dead_letters'));
    expect(await client.queues.deadLetters({ limit: 1 })).toEqual([{ id: 'first' }]);
    expect(server.asked.map(({ query }) => query.get('limit'))).toEqual(['1']);
  });
});

/** What a program says that ends by itself. */
async function runProgram(code: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return Buffer.concat(await child.stdout.toArray()).toString();
}

describe('a followed run', () => {
  const event = (seq: number) => `id: ${seq}\ndata: ${JSON.stringify({ seq, type: 'task.ready' })}\n\n`;

  test('goes on after the last number when its line breaks, and gives nothing twice', async () => {
    const { client, server } = await open(({ query }) => (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (query.get('after') === '0') {
        response.write(event(1) + event(2));
        // Half a message, and the end of the line.
        response.write('id: 3\ndata: {"se', () => response.destroy());
      } else response.end(`${event(2)}${event(3)}event: end\ndata: {"status":"succeeded"}\n\n`);
    });
    const seen: number[] = [];
    for await (const { seq } of client.runs.follow('run_1')) seen.push(seq);
    expect(seen).toEqual([1, 2, 3]);
    expect(server.asked.map(({ query }) => query.get('after'))).toEqual(['0', '2']);
  });

  test('is refused at once when there is no such run, and ends when the caller has enough', async () => {
    const { client } = await open(({ path }) =>
      path.includes('nobody')
        ? { status: 404, body: { code: 'NOT_FOUND' } }
        : (response) => response.write(event(1)),
    );
    await expect(client.runs.follow('nobody').next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const stop = new AbortController();
    const events = client.runs.follow('run_1', { signal: stop.signal });
    expect((await events.next()).value).toMatchObject({ seq: 1 });
    stop.abort(new Error('enough'));
    await expect(events.next()).rejects.toThrow('enough');
  });

  test('that is refused holds no program which has nothing else to do', async () => {
    const { server } = await open(() => ({ status: 404, body: { code: 'NOT_FOUND' } }));
    const program = `
      import { createClient } from './index.mjs';
      const client = createClient({ url: '${server.url}', token: 't' });
      await client.runs.follow('nobody').next().catch(({ code }) => console.log(code));
      console.log(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length);
    `;
    expect(await runProgram(program)).toBe('NOT_FOUND\n0\n');
  });

  test('is not asked for again at once by a client that was told nothing', async () => {
    const { server } = await open((_, count) =>
      count <= 3
        ? (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Login</h1>')
        : (response) => response.end(`${event(1)}event: end\ndata: {}\n\n`),
    );
    const program = `
      // How long each pause is to be is drawn by lot.
      let pauses = 0;
      const { random } = Math;
      Math.random = () => (pauses++, random());
      const { createClient } = await import('./index.mjs');
      const seen = [];
      const client = createClient({ url: '${server.url}', token: 't' });
      for await (const { seq } of client.runs.follow('run_1')) seen.push(seq);
      console.log(JSON.stringify({ seen, pauses }));
    `;
    expect(JSON.parse(await runProgram(program))).toEqual({ seen: [1], pauses: 3 });
  });

  test('is read right in whatever pieces it comes', () => {
    const text = `: hello\n\nretry: 1000\n\n${event(1)}event: end\r\ndata: {"a":\r\ndata: 1}\r\n\r\n`;
    const whole = createParser()(text);
    const parse = createParser();
    expect([...text].flatMap((letter) => parse(letter))).toEqual(whole);
    expect(whole).toEqual([
      { event: 'message', data: '{"seq":1,"type":"task.ready"}' },
      { event: 'end', data: '{"a":\n1}' },
    ]);
  });
});

describe('a log', () => {
  /** What the stages of a run have written, and three lines for a page. */
  function answerFrom(written: string[][], { query }: Asked): Answer {
    const [place = -1, , line = -1] = (query.get('cursor') ?? query.get('beyond') ?? '')
      .split('.')
      .map(Number);
    const all = written.flatMap((texts, stage) =>
      texts.map((message, line) => ({ stage, epoch: 1, line, message, timestamp: message })),
    );
    const left = all.filter(
      (one) =>
        (query.get('stage') === null || one.stage === Number(query.get('stage'))) &&
        (one.stage > place || (one.stage === place && one.line > line)),
    );
    const logs = left.slice(0, 3);
    const last = logs.at(-1);
    return {
      body: { logs, next_cursor: left.length > 3 && last ? `${last.stage}.1.${last.line}` : null },
    };
  }
  const isOfLog = ({ path }: Asked) => path === '/runs/run_1/logs';
  const collect = async (lines: AsyncIterable<{ message: string }>) => {
    const messages: string[] = [];
    for await (const { message } of lines) messages.push(message);
    return messages;
  };

  test('is read to its end over all pages, in order of time', async () => {
    const { client } = await open((asked) => answerFrom([['1', '3', '5', '6'], ['2'], ['4', '7']], asked));
    expect(await collect(client.runs.logs('run_1'))).toEqual([...'1234567']);
    expect(await collect(client.runs.logs('run_1', { stage: 2 }))).toEqual(['4', '7']);
  });

  test('that is followed gives each line once, also those that are stored after the end', async () => {
    const written = [['1', '2', '3', '4'], [], []] as string[][];
    const looks = [
      // The first stage says one thing more after its end, the second begins, the third never does.
      { finished: [true, false, false], news: () => written[0]?.push('5') && written[1]?.push('6', '7') },
      { finished: [true, true, true], news: () => written[1]?.push('8') },
    ];
    const { client, server } = await open((asked) => {
      if (isOfLog(asked)) return answerFrom(written, asked);
      const { finished, news } = looks.shift() ?? { finished: [], news() {} };
      news();
      const finished_at = (is: boolean | undefined) => (is ? '2026-01-01T00:00:00.000Z' : null);
      const stages = finished.map((is, stage) => ({
        stage,
        attempt: stage < 2 ? 1 : 0,
        finished_at: finished_at(is),
      }));
      return { body: { stages, finished_at: finished_at(finished.every(Boolean)) } };
    });
    expect(await collect(client.runs.logs('run_1', { follow: true, level: 'warn', search: 'x' }))).toEqual([
      ...'12345678',
    ]);
    const queries = server.asked.filter(isOfLog).map(({ query }) => Object.fromEntries(query));
    expect(queries.map(({ stage, beyond }) => [stage, beyond])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
      ['0', '0.1.3'],
      ['1', undefined],
      ['1', '1.1.1'],
    ]);
    expect(queries.every(({ level, search }) => level === 'warn' && search === 'x')).toBe(true);
    expect(server.asked.find(({ path }) => path === '/runs/run_1')?.query.get('brief')).toBe('true');
  });

  test('that is followed ends when the caller has enough', async () => {
    const { client } = await open((asked) =>
      isOfLog(asked) ? answerFrom([['1']], asked) : { body: { stages: [], finished_at: null } },
    );
    const stop = new AbortController();
    const lines = client.runs.logs('run_1', { follow: true, signal: stop.signal });
    expect((await lines.next()).value).toMatchObject({ message: '1' });
    stop.abort(new Error('enough'));
    await expect(lines.next()).rejects.toThrow('enough');
  });
});

describe('a workspace', () => {
  test('reads as anybody, and acts under its name and hand-out', async () => {
    const { client, server } = await open(() => ({ status: 200, body: { messages: [] } }));
    const files = client.workspace('task_1_0', { as: 'writer', epoch: 2 });
    await files.read('a.md');
    await files.write({ path: 'a.md', content: 'x', base_version: 1 });
    await files.claim('src/**', 30);
    expect(await files.inbox({ seen: 4 })).toEqual([]);
    const who = { task_id: 'task_1_0', as: 'writer', epoch: 2 };
    expect(server.asked.map(({ path, body }) => [path, body])).toEqual([
      ['/tools/file_read', { task_id: 'task_1_0', path: 'a.md' }],
      ['/tools/file_write', { ...who, path: 'a.md', content: 'x', base_version: 1 }],
      ['/tools/claim_file', { ...who, paths: ['src/**'], seconds: 30 }],
      ['/tools/inbox', { ...who, seen: 4 }],
    ]);
  });

  test('does not send a change twice, and tells what it ran into', async () => {
    const conflict = { kind: 'outdated', version: 3, changed_by: 'reviewer' };
    const problem = { code: 'CONFLICT', detail: 'a.md is at version 3.', conflict };
    const { client, server } = await open(() => ({ status: 409, body: problem }));
    const change = { path: 'a.md', edits: [{ old: 'a', new: 'b' }], base_version: 1 };
    await expect(client.workspace('run_1').edit(change)).rejects.toMatchObject({
      code: 'CONFLICT',
      details: { conflict },
    });
    expect(server.asked).toHaveLength(1);
  });
});
