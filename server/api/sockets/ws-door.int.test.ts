import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { GraphInput } from '#server/domain/graph/schema.ts';
import { type PipelineId, type RunId, toUuid } from '#server/domain/ids.ts';
import { LIVE_LIMITS } from '#server/domain/live.ts';
import { LOCAL_OWNER } from '#server/identity/actor.ts';
import { addPipeline, createLiveRig, type LiveRig, type LiveRigOptions } from '#server/testing/live-rig.ts';
import { LIVE_TOKEN } from '#server/testing/live-web.ts';
import {
  connectWs,
  eventNumbers,
  knock,
  untilTold,
  type WsClient,
  type WsMessage,
} from '#server/testing/ws-client.ts';

const PATIENCE = { timeout: 60_000, interval: 20 };

const handlers: LiveRigOptions['handlers'] = {
  quick: async (_, context) => {
    context.progress(0.5);
    return null;
  },
  fail: async () => {
    throw new Error('Invalid input data format');
  },
};

const chain = (types: string[]): GraphInput => ({
  stages: types.map((type, at) => ({ key: `s${at}`, type, retry: { maxAttempts: 1 } })),
  dependencies: types.slice(1).map((_, at) => ({ from: `s${at}`, to: `s${at + 1}` })),
});
const SIX = chain(Array.from({ length: 6 }, () => 'quick'));

const open = (rig: LiveRig, targets?: object[]): Promise<WsClient> =>
  connectWs({ origin: rig.webs[0]?.origin ?? '', token: LIVE_TOKEN, ...(targets ? { targets } : {}) });

describe('a client of /ws', () => {
  let rig: LiveRig;
  beforeAll(async () => {
    rig = await createLiveRig({ handlers });
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  test('that only signs in hears everything, in the fields that were promised', async () => {
    const client = await open(rig);
    await untilTold(client, { type: 'resume_point' });
    const pipelineId = await addPipeline(rig.database, 'six stages');
    const runId = await rig.engine.start(SIX, null, { pipelineId: pipelineId as PipelineId });
    await untilTold(client, { event: 'run.succeeded', run_id: runId });
    const body = toUuid(runId);
    expect(client.messages).toContainEqual({
      type: 'task_update',
      task_id: `task_${body}_0`,
      status: 'running',
      progress: 0,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      run_id: runId,
      pipeline_id: pipelineId,
      seq: expect.any(Number),
      event: 'task.started',
      stage: 0,
      state: 'running',
      assigned_agent: rig.engine.agentId,
    });
    const done = client.messages.filter(
      ({ status, type }) => type === 'task_update' && status === 'completed',
    );
    expect(done.map(({ stage, progress }) => [stage, progress])).toEqual(
      [0, 1, 2, 3, 4, 5].map((at) => [at, 1]),
    );
    expect(client.messages.findLast(({ type }) => type === 'pipeline_progress')).toEqual({
      type: 'pipeline_progress',
      pipeline_id: pipelineId,
      current_stage: null,
      completed_stages: [0, 1, 2, 3, 4, 5],
      progress: 1,
      timestamp: expect.any(String),
      run_id: runId,
      status: 'succeeded',
      seq: await rig.lastSeq(runId),
      event: 'run.succeeded',
    });
    await client.cut();
  });

  test('hears of a failure what went wrong, before the update that says so', async () => {
    const client = await open(rig);
    await untilTold(client, { type: 'resume_point' });
    const runId = await rig.engine.start(chain(['fail']));
    await untilTold(client, { event: 'run.failed', run_id: runId });
    const told = client.messages.filter(({ task_id }) => task_id === `task_${toUuid(runId)}_0`);
    const error = told.find(({ type }) => type === 'error');
    expect(error).toMatchObject({
      error: 'Task execution failed',
      details: { code: expect.any(String), message: 'Invalid input data format' },
      timestamp: expect.any(String),
      status: 'failed',
    });
    const update = told.find(({ type, status }) => type === 'task_update' && status === 'failed');
    expect(update?.seq).toBe(error?.seq);
    expect(told.indexOf(error as WsMessage)).toBeLessThan(told.indexOf(update as WsMessage));
    await client.cut();
  });

  test('hears only what it asked for, and stops hearing what it no longer wants', async () => {
    const mine = (await addPipeline(rig.database, 'mine')) as PipelineId;
    const other = (await addPipeline(rig.database, 'other')) as PipelineId;
    const client = await open(rig, []);
    client.send({ type: 'subscribe', id: 'a', pipeline_id: mine });
    await untilTold(client, { type: 'subscribed', id: 'a' });
    const heard = await rig.engine.start(SIX, null, { pipelineId: mine });
    const unheard = await rig.engine.start(SIX, null, { pipelineId: other });
    await untilTold(client, { event: 'run.succeeded', run_id: heard });
    await rig.engine.ended(unheard);
    client.send({ type: 'unsubscribe', id: 'b', pipeline_id: mine });
    await untilTold(client, { type: 'unsubscribed', id: 'b' });
    const later = await rig.engine.start(SIX, null, { pipelineId: mine });
    await rig.engine.ended(later);
    client.send({ type: 'subscribe', id: 'c', run_id: unheard, after: 3 });
    await untilTold(client, { event: 'run.succeeded', run_id: unheard });
    const last = await rig.lastSeq(unheard);
    expect(eventNumbers(client.messages, unheard)).toEqual(
      Array.from({ length: last - 3 }, (_, at) => at + 4),
    );
    expect(eventNumbers(client.messages, later)).toEqual([]);
    await client.cut();
  });

  test('hears each event once although it asked for it three times over', async () => {
    const pipelineId = (await addPipeline(rig.database, 'thrice')) as PipelineId;
    const client = await open(rig, [{ everything: true }, { pipeline_id: pipelineId }]);
    await untilTold(client, { type: 'resume_point' });
    const runId = await rig.engine.start(SIX, null, { pipelineId });
    client.send({ type: 'subscribe', run_id: runId });
    await untilTold(client, { event: 'run.succeeded', run_id: runId });
    const numbers = eventNumbers(client.messages, runId);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    await client.cut();
  });

  test('is told how the agents are, and again when one has changed', async () => {
    const id = randomBytes(16).toString('hex');
    await rig.database.sql`INSERT INTO agents (id, org_id, name, transport, capabilities)
      VALUES (${id}::text::uuid, ${toUuid(LOCAL_OWNER.orgId)}::text::uuid, ${`watched ${id}`}, 'pull', '[]')`;
    const client = await open(rig, [{ agent_id: `agent_${id}` }]);
    expect(await untilTold(client, { type: 'agent_update' })).toEqual({
      type: 'agent_update',
      agent_id: `agent_${id}`,
      status: 'offline',
      current_load: 0,
      timestamp: expect.any(String),
      name: `watched ${id}`,
    });
    // Whoever is gone obeys no order, so it comes first.
    await rig.database.sql`INSERT INTO agent_health (agent_id, org_id, state)
      SELECT id, org_id, 'online' FROM agents WHERE id = ${id}::text::uuid`;
    await rig.database.sql`UPDATE agents SET ordered = 'draining' WHERE id = ${id}::text::uuid`;
    await untilTold(client, { type: 'agent_update', status: 'draining' });
    await client.cut();
  });

  test.each([
    ['a run that is not there', { run_id: `run_${'0'.repeat(32)}` }, 'NOT_FOUND'],
    ['a pipeline that is not there', { pipeline_id: `pipe_${'0'.repeat(32)}` }, 'NOT_FOUND'],
    ['an id that is none', { run_id: "' OR 1=1--" }, 'INVALID'],
    ['a room by its name', { room: 'org:other' }, 'INVALID'],
    ['a field more', { everything: true, orgId: 'org_1' }, 'INVALID'],
    ['a resume point that nobody gave', { everything: true, resume: 'bm90aGluZw' }, 'INVALID'],
    [
      'one that is no snapshot',
      { everything: true, resume: Buffer.from('1/1/9:3:').toString('base64url') },
      'INVALID',
    ],
    ['a number below zero', { run_id: `run_${'0'.repeat(32)}`, after: -1 }, 'INVALID'],
  ])('that asks for %s is refused, and lives on', async (_, target, code) => {
    const client = await open(rig, []);
    await untilTold(client, { type: 'ready' });
    client.send({ type: 'subscribe', ...target });
    expect(await untilTold(client, { type: 'error' })).toMatchObject({
      task_id: null,
      error: expect.any(String),
      details: { code },
    });
    client.send({ type: 'subscribe', id: 'still here', agents: true });
    await untilTold(client, { type: 'subscribed', id: 'still here' });
    await client.cut();
  });

  test('may listen to so many things and no more, and goes on with those that it has', async () => {
    const { subscriptions, targets } = LIVE_LIMITS;
    const ids = Array.from({ length: subscriptions + 1 }, () => randomBytes(16).toString('hex'));
    await rig.database.sql`INSERT INTO agents (id, org_id, name, transport, capabilities)
      SELECT id::uuid, ${toUuid(LOCAL_OWNER.orgId)}::text::uuid, 'one of many ' || id, 'pull', '[]'
      FROM json_array_elements_text(${JSON.stringify(ids)}::text::json) AS given (id)`;
    const agents = ids.map((id) => ({ agent_id: `agent_${id}` }));
    const client = await open(rig, []);
    for (let from = 0; from < subscriptions; from += targets) {
      client.send({
        type: 'subscribe',
        id: `from ${from}`,
        targets: agents.slice(from, Math.min(from + targets, subscriptions)),
      });
      await untilTold(client, { type: 'subscribed', id: `from ${from}` });
    }
    client.send({ type: 'subscribe', ...agents[subscriptions] });
    expect(await untilTold(client, { type: 'error' })).toMatchObject({ details: { code: 'LIMITED' } });
    client.send({ type: 'unsubscribe', id: 'one less', ...agents[0] });
    await untilTold(client, { type: 'unsubscribed', id: 'one less' });
    client.send({ type: 'subscribe', id: 'in its place', ...agents[subscriptions] });
    await untilTold(client, { type: 'subscribed', id: 'in its place' });
    await client.cut();
  });

  test('that names one good and one missing run gets neither', async () => {
    const runId = await rig.engine.start(SIX);
    const client = await open(rig, [{ run_id: runId, after: 0 }, { run_id: `run_${'0'.repeat(32)}` }]);
    await untilTold(client, { type: 'error' });
    await rig.engine.ended(runId);
    expect(eventNumbers(client.messages, runId)).toEqual([]);
    await client.cut();
  });

  test('with a resume point that is too old is told so, and then how things stand', async () => {
    const client = await open(rig, [
      { everything: true, resume: Buffer.from('1/1/5:6:').toString('base64url') },
    ]);
    await untilTold(client, { type: 'resync' });
    const runId = await rig.engine.start(SIX);
    await untilTold(client, { event: 'run.succeeded', run_id: runId });
    await client.cut();
  });

  test.each<[string, (socket: WebSocket) => void, number]>([
    ['a wrong token', (socket) => socket.send('{"type":"auth","token":"wrong"}'), 4401],
    ['something else first', (socket) => socket.send('{"type":"subscribe","everything":true}'), 4401],
    ['bytes', (socket) => socket.send(Buffer.from([1, 2, 3])), 4400],
    ['what is no JSON', (socket) => socket.send('{"type":'), 4400],
    ['a bare number', (socket) => socket.send('7'), 4400],
    ['a nest of brackets', (socket) => socket.send('['.repeat(30_000) + ']'.repeat(30_000)), 4401],
    ['more than fits', (socket) => socket.send('x'.repeat(65 * 1024)), 1009],
    [
      'a flood',
      (socket) => {
        socket.send(JSON.stringify({ type: 'auth', token: LIVE_TOKEN, targets: [] }));
        for (let at = 0; at < 200; at += 1) socket.send('{"type":"subscribe","agents":true}');
      },
      4429,
    ],
  ])('that sends %s is hung up on', async (_, act, code) => {
    const socket = new WebSocket(`${rig.webs[0]?.origin.replace('http', 'ws')}/ws`);
    await once(socket, 'open');
    act(socket);
    const [closedWith] = await once(socket, 'close');
    expect(closedWith).toBe(code);
  });

  test.each([
    ['another site', 'https://evil.example'],
    ['a name that begins like ours', 'http://127.0.0.1.evil.example'],
    ['another scheme', 'https'],
    ['another port', 'http://127.0.0.1:1'],
    ['nobody', 'null'],
  ])('from a page of %s is refused before it can say anything', async (_, given) => {
    const origin = rig.webs[0]?.origin ?? '';
    const page = given === 'https' ? origin.replace('http', 'https') : given;
    expect(await knock(`${origin.replace('http', 'ws')}/ws`, page)).toBe(403);
  });

  test('from our own page is let in', async () => {
    const origin = rig.webs[0]?.origin ?? '';
    expect(await knock(`${origin.replace('http', 'ws')}/ws`, origin)).toBe(101);
  });

  test('at any other path finds nothing', async () => {
    expect(await knock(`${rig.webs[0]?.origin.replace('http', 'ws')}/wss`)).toBe(404);
  });

  test('may be the example of the documentation, which is cut and goes on', async () => {
    const [web] = rig.webs;
    const example = join(import.meta.dirname, '../../../docs/examples/follow.mjs');
    const program = spawn(process.execPath, [example], {
      env: { ...process.env, SIGNALBOX_URL: web?.origin, SIGNALBOX_TOKEN: LIVE_TOKEN },
    });
    try {
      let said = '';
      program.stdout.on('data', (chunk) => {
        said += String(chunk);
      });
      const numbers = (runId: string) =>
        [...said.matchAll(new RegExp(`^${runId} (\\d+) `, 'gm'))].map((line) => Number(line[1]));
      const expectAll = async (runId: RunId) => {
        const last = await rig.lastSeq(runId);
        await vi.waitFor(
          () => expect(numbers(runId)).toEqual(Array.from({ length: last }, (_, at) => at + 1)),
          PATIENCE,
        );
      };
      let noise = '';
      program.stderr.on('data', (chunk) => {
        noise += String(chunk);
      });
      await vi.waitFor(() => expect(noise).toContain('Listening.'), PATIENCE);
      const first = await rig.engine.start(SIX);
      await rig.engine.ended(first);
      await expectAll(first);
      for (const wire of web?.wires ?? []) wire.destroy();
      const second = await rig.engine.start(SIX);
      await rig.engine.ended(second);
      await expectAll(second);
      await expectAll(first);
    } finally {
      program.kill();
    }
  });

  test('leaves nothing behind when it goes', async () => {
    const clients = await Promise.all([open(rig), open(rig, [{ agents: true }]), open(rig, [])]);
    await Promise.all(clients.map((client) => untilTold(client, { type: 'ready' })));
    expect(rig.webs[0]?.relay.orgs()).toBe(1);
    await Promise.all(clients.map((client) => client.cut()));
    await vi.waitFor(() => {
      expect(rig.webs[0]?.relay.orgs()).toBe(0);
      expect(rig.webs[0]?.sockets.count()).toBe(0);
    }, PATIENCE);
  });
});
