import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createSocketSignIn } from '#server/identity/socket-sign-in.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { connectWs, untilTold, type WsClient } from '#server/testing/ws-client.ts';
import { createGate } from '../http/gate.ts';
import { attachSockets, type Sockets } from './sockets.ts';

/** `/ws` as an application of somebody else sees it: with a token that it has signed, and the fields that were promised. */
const SHARED_SECRET = 'a shared secret of thirty-two or more';
/** A token counts for so long beyond its end, since clocks differ. */
const LEEWAY_SECONDS = 60;
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

let http: TestServer;
let folder: string;
let sockets: Sockets;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-frames-'));
  const file = join(folder, 'identity.yaml');
  await writeFile(
    file,
    `issuers:
  - issuer: https://flask.example
    audience: signalbox
    algorithm: HS256
    secret: ${SHARED_SECRET}
    roles: { staff: operator }
`,
  );
  http = await startTestServer({ SIGNALBOX_IDENTITY_FILE: file });
  const { services } = http.program;
  sockets = attachSockets({
    ...{ server: http.server, gate: createGate({}), now: Date.now, isShared: false },
    // Its clock is behind, so that it asks again after half a second instead of fifteen.
    authenticate: createSocketSignIn(
      () => services.identity,
      () => Date.now() - 14_500,
    ),
    limits: { max: 100, perAddress: 100 },
    services: () => services,
    feed: () => services.live,
    onTrouble: (message, error) => {
      throw new Error(message, { cause: error });
    },
  });
});
afterAll(async () => {
  await sockets?.stop();
  await http?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function sign(expiresInSeconds: number): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ role: 'staff', name: 'Ada' })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .setIssuer('https://flask.example')
    .setAudience('signalbox')
    .setSubject('user-7')
    .setIssuedAt(now - 120)
    .setExpirationTime(now + expiresInSeconds)
    .sign(new TextEncoder().encode(SHARED_SECRET));
}

async function listen(targets?: object[]): Promise<WsClient> {
  const token = await sign(300);
  const client = await connectWs({ origin: http.origin, token, ...(targets ? { targets } : {}) });
  onTestFinished(() => client.cut());
  await untilTold(client, { type: 'ready' });
  return client;
}

/** An agent of our own over HTTP, which does what the test says and when it says so. */
async function enrol(capability: string) {
  const registered = { name: `does ${capability}`, capabilities: [capability], max_concurrency: 1 };
  const { agent_id: id, generation } = (await http.call('/api/v1/agents/register', registered)).body;
  return {
    id,
    async claim(): Promise<{ task_id: string; epoch: number }> {
      return vi.waitFor(
        async () => {
          const asked = { generation, max: 1, wait_ms: 1000 };
          const [task] = (await http.call(`/api/v1/agents/${id}/claim`, asked)).body.tasks;
          expect(task).toBeDefined();
          return task;
        },
        { timeout: 60_000, interval: 20 },
      );
    },
    async report(report: object): Promise<void> {
      const answer = await http.call(`/api/v1/agents/${id}/reports`, { generation, reports: [report] });
      expect(answer.status).toBe(200);
    },
    async beat(inFlight: number): Promise<void> {
      const answer = await http.call(`/api/v1/agents/${id}/heartbeat`, {
        generation,
        beat: { in_flight: inFlight },
      });
      expect(answer.status).toBe(200);
    },
  };
}

async function execute(stages: object[], dependencies: object[] = []) {
  const name = `frames ${crypto.randomUUID()}`;
  const { id: pipeline } = (await http.call('/api/v1/pipelines', { name, stages, dependencies })).body;
  const { status, body } = await http.call(`/api/v1/pipelines/${pipeline}/execute`, {});
  expect([status, body]).toEqual([202, expect.anything()]);
  const run: string = body.id;
  return { pipeline, run };
}

describe('the message', () => {
  test('task_update tells how far a task is', async () => {
    const agent = await enrol('half-way');
    const client = await listen();
    const { pipeline, run } = await execute([{ name: 'only', type: 'half-way' }]);
    const task = await agent.claim();
    await agent.report({ type: 'beat', ...task, progress: 0.5 });
    const told = await untilTold(client, { type: 'task_update', run_id: run, progress: 0.5 });
    expect(told).toEqual({
      // What was promised,
      type: 'task_update',
      task_id: task.task_id,
      status: 'running',
      progress: 0.5,
      timestamp: TIME,
      // and what comes with it.
      run_id: run,
      pipeline_id: pipeline,
      seq: expect.any(Number),
      event: 'task.progressed',
      stage: 0,
      state: 'running',
    });
    await agent.report({ type: 'succeeded', ...task });
    await untilTold(client, { run_id: run, event: 'run.succeeded' });
  });

  test('pipeline_progress tells which stages are done and which is next', async () => {
    const agent = await enrol('third');
    const client = await listen();
    const stages = ['echo', 'echo', 'third', 'echo', 'echo', 'echo'].map((type, at) => ({
      name: `stage ${at}`,
      type,
    }));
    const dependencies = stages.slice(1).map((_, from) => ({ from, to: from + 1 }));
    const { pipeline, run } = await execute(stages, dependencies);
    const task = await agent.claim();
    const told = await vi.waitFor(() => {
      const found = client.messages.findLast(
        ({ type, run_id, current_stage }) =>
          type === 'pipeline_progress' && run_id === run && current_stage === 2,
      );
      expect(found).toBeDefined();
      return found;
    }, 60_000);
    expect(told).toEqual({
      type: 'pipeline_progress',
      pipeline_id: pipeline,
      current_stage: 2,
      completed_stages: [0, 1],
      progress: 2 / 6,
      timestamp: TIME,
      run_id: run,
      status: 'running',
      seq: expect.any(Number),
      event: null,
    });
    await agent.report({ type: 'succeeded', ...task });
    await untilTold(client, { run_id: run, event: 'run.succeeded' });
  });

  test('error tells what went wrong in which task', async () => {
    const agent = await enrol('wrong');
    const client = await listen();
    const { pipeline, run } = await execute([{ name: 'only', type: 'wrong', retry: { maxAttempts: 1 } }]);
    const task = await agent.claim();
    const error = { class: 'agent', code: 'EXECUTION_ERROR', message: 'Invalid input data format' };
    await agent.report({ type: 'failed', ...task, error });
    expect(await untilTold(client, { type: 'error', run_id: run, task_id: task.task_id })).toEqual({
      type: 'error',
      task_id: task.task_id,
      error: 'Task execution failed',
      details: { code: 'EXECUTION_ERROR', message: 'Invalid input data format', class: 'agent' },
      timestamp: TIME,
      run_id: run,
      pipeline_id: pipeline,
      seq: expect.any(Number),
      event: 'task.failed',
      status: 'failed',
    });
  });

  test('agent_update tells that an agent has come, that it is busy, and that it is free again', async () => {
    const client = await listen([{ agents: true }]);
    const agent = await enrol('busy');
    const update = (load: number) => ({
      type: 'agent_update',
      agent_id: agent.id,
      status: 'active',
      current_load: load,
      timestamp: TIME,
      name: 'does busy',
    });
    const untilLoad = (current_load: number, from = 0) =>
      vi.waitFor(() => {
        const later = client.messages.slice(from);
        const told = later.find(
          (message) =>
            message.agent_id === agent.id &&
            message.status === 'active' &&
            message.current_load === current_load,
        );
        expect(told).toEqual(update(current_load));
        return client.messages.indexOf(told as never);
      }, 60_000);
    await agent.beat(0);
    const free = await untilLoad(0);
    await execute([{ name: 'only', type: 'busy' }]);
    const task = await agent.claim();
    await agent.beat(1);
    const busy = await untilLoad(1, free);
    await agent.report({ type: 'succeeded', ...task });
    await agent.beat(0);
    await untilLoad(0, busy);
  });
});

describe('a token from outside that expires while its connection is open', () => {
  /** It counts for three seconds more. */
  const signShort = () => sign(3 - LEEWAY_SECONDS);

  test('ends the connection of /ws, and no other', async () => {
    const stays = await listen();
    const token = await signShort();
    const client = await connectWs({ origin: http.origin, token });
    await untilTold(client, { type: 'ready' });
    expect(await client.closed).toMatchObject({ code: 4401 });
    expect((await connectWs({ origin: http.origin, token }).then(({ closed }) => closed)).code).toBe(4401);
    // It is heard as before.
    stays.send({ type: 'subscribe', id: 'still here', agents: true });
    await untilTold(stays, { type: 'subscribed', id: 'still here' });
  });

  test('ends the connection of Socket.IO, and no other', async () => {
    const [stays, expires] = [await openPanel(await sign(300)), await openPanel(await signShort())];
    const told = new Promise((resolve) => expires.on('ended', resolve));
    const gone = new Promise((resolve) => expires.on('disconnect', resolve));
    expect(await expires.emitWithAck('subscribe', [{ everything: true }])).toEqual({ ok: true });
    expect(await told).toMatchObject({ code: 4401 });
    expect(await gone).toBe('io server disconnect');
    expect(await stays.emitWithAck('subscribe', [{ everything: true }])).toEqual({ ok: true });
  });
});

async function openPanel(token: string): Promise<Socket> {
  const socket = io(http.origin, {
    ...{ transports: ['websocket'], reconnection: false, forceNew: true, auth: { token } },
  });
  onTestFinished(() => {
    socket.disconnect();
  });
  await new Promise((resolve, reject) => {
    socket.on('connect', () => resolve(undefined));
    socket.on('connect_error', reject);
  });
  return socket;
}
