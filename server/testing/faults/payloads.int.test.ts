import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { connectDatabase, type Sql } from '#db/client.ts';
import { createGraphCache } from '#db/queries/load-graph.ts';
import { audit } from '#server/auditor/audit.ts';
import { PASSWORD } from '../people.ts';
import { type PrivateRabbitmq, startPrivateRabbitmq } from '../private-rabbitmq.ts';
import { SIX_INPUT, SIX_STAGES } from '../six-stages.ts';
import { startTcpProxy, type TcpProxy } from '../tcp-proxy.ts';
import { type AskedProcess, forkAsked } from './asked-process.ts';
import type { DoorOrders } from './protocol.ts';
import { until } from './until.ts';

const MB = 1024 * 1024;
const MAX_MB = 16;
const MAX_MESSAGE_BYTES = 64_000;
/** Grown for good by more than this, it would keep payloads that it has let go of. */
const GROWTH_MB = 40;

let rabbitmq: PrivateRabbitmq;
let proxy: TcpProxy;
let program: AskedProcess<DoorOrders>;
let door: DoorOrders['boot']['answer'];
let sql: Sql;
beforeAll(async () => {
  rabbitmq = await startPrivateRabbitmq();
});
afterAll(() => rabbitmq.close());
beforeEach(async () => {
  // Whatever the program sends to the broker goes through here, and is counted.
  proxy = await startTcpProxy({ host: '127.0.0.1', port: rabbitmq.port });
  program = forkAsked<DoorOrders>('./door-process.ts');
  const settings = {
    RABBITMQ_URL: `amqp://guest:guest@127.0.0.1:${proxy.port}`,
    SIGNALBOX_PAYLOAD_MAX: `${MAX_MB}MiB`,
  };
  door = await program.ask('boot', { settings, maxBodyBytes: MAX_MB * MB });
  sql = connectDatabase({ url: door.databaseUrl, applicationName: 'test', max: 2 });
  await sql.unsafe(`
    CREATE TABLE message_sizes (bytes integer NOT NULL);
    CREATE FUNCTION note_size() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO message_sizes VALUES (octet_length(NEW.body)); RETURN NEW; END $$;
    CREATE TRIGGER note_size AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION note_size()`);
});
afterEach(async () => {
  await sql.end({ timeout: 2 });
  await program.ask('stop', null).catch(() => undefined);
  await program.kill();
  await proxy.close();
});

/** A text is sent as it stands, a stream without saying beforehand how much comes. */
async function call(path: string, body?: object | string) {
  const isStream = body instanceof ReadableStream;
  const response = await fetch(`${door.origin}/api/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${door.secret}`, 'content-type': 'application/json' },
    ...(body === undefined
      ? {}
      : { body: typeof body === 'string' || isStream ? body : JSON.stringify(body) }),
    ...(isStream ? { duplex: 'half' } : {}),
  } as RequestInit);
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

const textOf = (mb: number): string => 'x'.repeat(mb * MB);
const DEEP = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;

async function ended(runId: string) {
  return until(`the end of ${runId}`, async () => {
    const { body } = await call(`/runs/${runId}`);
    return body.finished_at && body;
  });
}

async function makePipeline(name: string, type: string): Promise<string> {
  return (await call('/pipelines', { name, stages: [{ name: 'only', type }] })).body.id;
}

/** No payload went through the broker, none is kept in memory, and the rows say what they must. */
async function expectUnburdened(before: number): Promise<void> {
  const [sizes] = await sql<[{ most: number; count: number }]>`
    SELECT max(bytes) AS most, count(*)::int AS count FROM message_sizes`;
  expect(sizes.count).toBeGreaterThan(0);
  expect(sizes.most).toBeLessThan(MAX_MESSAGE_BYTES);
  expect(proxy.sentBytes()).toBeLessThan(MB);
  await until(
    'the memory to be given back',
    async () => (await program.ask('memory', null)) < before + GROWTH_MB,
  );
  expect((await audit({ sql, graphOf: createGraphCache(sql) })).findings).toEqual([]);
}

test('F47 inputs of 1 and 5 MB go by reference through the store, 100 MB and nesting without end are refused, and the process goes on as before', async () => {
  const pipeline = await makePipeline('echoes', 'echo');
  const start = (input: string) => call(`/pipelines/${pipeline}/execute`, `{"input_data":${input}}`);
  expect((await ended((await start('"small"')).body.id)).stages[0].output).toBe('small');
  const before = await program.ask('memory', null);
  for (let round = 0; round < 3; round += 1) {
    for (const mb of [1, 5]) {
      const { status, body } = await start(JSON.stringify({ text: `${round}${textOf(mb)}` }));
      expect(status).toBe(202);
      const run = await ended(body.id);
      expect(run.status).toBe('succeeded');
      expect(run.stages[0].output).toMatchObject({ $object: expect.any(String) });
      expect(run.stages[0].output.bytes).toBeGreaterThan(mb * MB);
    }
    expect(await start(`"${textOf(100)}"`)).toMatchObject({ status: 413 });
    expect(await start(DEEP)).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('nested deeper') },
    });
  }
  // Nobody says beforehand how much comes.
  const endless = new ReadableStream({
    pull: (stream) => (sent++ < 100 ? stream.enqueue(new Uint8Array(MB).fill(32)) : stream.close()),
  });
  let sent = 0;
  const chunked = await call(`/pipelines/${pipeline}/execute`, endless);
  expect(chunked.status).toBe(413);
  expect((await ended((await start('"small"')).body.id)).status).toBe('succeeded');
  const [row] = await sql<[{ most: number }]>`SELECT max(octet_length(output::text)) AS most FROM tasks`;
  expect(row.most).toBeLessThan(MAX_MESSAGE_BYTES);
  await expectUnburdened(before);
});

test('F47 outputs of agents likewise: what is refused is said to the agent, which still holds the task', async () => {
  const { body: agent } = await call('/agents/register', {
    name: 'big',
    type: 'worker',
    capabilities: ['big'],
  });
  const { id, generation } = agent;
  const pipeline = await makePipeline('outputs', 'big');
  const before = await program.ask('memory', null);
  const report = (task: { task_id: string; epoch: number }, output: string) => {
    const head = JSON.stringify({ type: 'succeeded', task_id: task.task_id, epoch: task.epoch }).slice(0, -1);
    return call(
      `/agents/${id}/reports`,
      `{"generation":${generation},"reports":[${head},"output":${output}}]}`,
    );
  };
  for (const mb of [1, 5]) {
    const { body: run } = await call(`/pipelines/${pipeline}/execute`, { input_data: null });
    const task = await until('the task to be claimed', async () => {
      const { body } = await call(`/agents/${id}/claim`, { generation, wait_ms: 5000 });
      return body.tasks[0];
    });
    const beat = () =>
      call(`/agents/${id}/heartbeat`, {
        generation,
        beat: { in_flight: 1 },
        tasks: [{ type: 'beat', ...task }],
      });
    const huge = await report(task, `"${textOf(100)}"`);
    expect(huge).toMatchObject({ status: 413 });
    expect(await report(task, DEEP)).toMatchObject({ status: 400 });
    expect((await beat()).body.answers).toMatchObject([{ status: 'ok' }]);
    expect((await report(task, `"${textOf(mb)}"`)).body.answers).toMatchObject([{ status: 'ok' }]);
    const { status, stages } = await ended(run.id);
    expect(status).toBe('succeeded');
    expect(stages[0].output).toMatchObject({ $object: expect.any(String), bytes: mb * MB + 2 });
  }
  await expectUnburdened(before);
});

test('an organisation that is made while the server runs is served over the broker by the agents that come with Signalbox', async () => {
  const made = await call('/orgs', { name: 'made later' });
  const token = made.body.invitation.split('#')[1];
  const joined = await fetch(`${door.origin}/api/v1/auth/join`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, name: 'Owner', email: 'owner@example.org', password: PASSWORD }),
  });
  const headers = {
    cookie: joined.headers.get('set-cookie')?.split(';')[0] ?? '',
    ...{ origin: door.origin, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
  };
  const ask = async (path: string, body?: object) => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return (await fetch(`${door.origin}/api/v1${path}`, { method, headers, ...sent })).json();
  };
  const pipeline = await ask('/pipelines', SIX_STAGES);
  const started = await ask(`/pipelines/${pipeline.id}/execute`, SIX_INPUT);
  const look = async () => {
    const body = await ask(`/runs/${started.id}`);
    return body.finished_at && body;
  };
  const run = await until('the end of the six stages', look, 150_000);
  expect(run.status).toBe('succeeded');
  // By agents of its own, which take from its queues.
  const ours = await sql`SELECT DISTINCT a.id FROM tasks t JOIN agents a ON a.id = t.agent_id
    WHERE a.org_id = ${made.body.id.slice(4)}::text::uuid AND a.transport = 'amqp'`;
  expect(ours).toHaveLength(6);
  expect((await audit({ sql, graphOf: createGraphCache(sql) })).findings).toEqual([]);
});
