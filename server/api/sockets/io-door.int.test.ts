import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { GraphInput } from '#server/domain/graph/schema.ts';
import { type RunId, toUuid } from '#server/domain/ids.ts';
import type { AgentNews, LiveAnswer, LiveToClient, LiveToServer, RunNews } from '#server/domain/live.ts';
import { LOCAL_OWNER } from '#server/identity/actor.ts';
import { createLocalOwner } from '#server/identity/local-owner.ts';
import { createSocketSignIn } from '#server/identity/socket-sign-in.ts';
import { createLiveRig, type LiveRig } from '#server/testing/live-rig.ts';

const PATIENCE = { timeout: 25_000, interval: 20 };
const SECRET = 'a-secret-of-this-test-0123456789';
const owner = createLocalOwner({ secret: SECRET, now: Date.now });

const PAIR: GraphInput = {
  stages: [
    { key: 'a', type: 'quick' },
    { key: 'b', type: 'quick' },
  ],
  dependencies: [{ from: 'a', to: 'b' }],
};

type Panel = Socket<LiveToClient, LiveToServer>;

let rig: LiveRig;
beforeAll(async () => {
  rig = await createLiveRig({
    handlers: { quick: async () => null },
    authenticate: createSocketSignIn(owner),
  });
});
afterAll(() => rig[Symbol.asyncDispose]());

const origin = () => rig.webs[0]?.origin ?? '';

function open(headers: Record<string, string>, auth: object = {}, path = ''): Panel {
  const socket: Panel = io(`${origin()}${path}`, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    extraHeaders: headers,
    auth,
  });
  onTestFinished(() => {
    socket.disconnect();
  });
  return socket;
}

/** As the browser of someone who has signed in. */
function openPanel(): Panel {
  const session = owner.redeem(owner.issueToken())?.session ?? '';
  const cookie = `signalbox_session_${new URL(origin()).port}=${session}`;
  return open({ origin: origin(), cookie });
}

async function subscribed(socket: Panel, targets: object[]): Promise<LiveAnswer> {
  return new Promise((resolve) => socket.emit('subscribe', targets as never, resolve));
}

function collect(socket: Panel): RunNews[] {
  const heard: RunNews[] = [];
  socket.on('run_news', (news) => heard.push(...news));
  return heard;
}

const numbersOf = (heard: readonly RunNews[], runId: RunId) =>
  heard.filter((news) => news.runId === runId).flatMap(({ events }) => events.map(({ seq }) => seq));

async function untilOver(heard: readonly RunNews[], runId: RunId): Promise<void> {
  await vi.waitFor(
    () => expect(heard.some((news) => news.runId === runId && news.isOver)).toBe(true),
    PATIENCE,
  );
}

describe('the panel', () => {
  test('comes in by its session cookie and hears each event once, in order', async () => {
    const panel = openPanel();
    const heard = collect(panel);
    const points: string[] = [];
    panel.on('resume_point', (token) => points.push(token));
    expect(await subscribed(panel, [{ everything: true }])).toEqual({ ok: true });
    const runs = await Promise.all([rig.engine.start(PAIR), rig.engine.start(PAIR)]);
    for (const runId of runs) {
      await untilOver(heard, runId);
      const last = await rig.lastSeq(runId);
      expect(numbersOf(heard, runId)).toEqual(Array.from({ length: last }, (_, at) => at + 1));
    }
    expect(heard.at(-1)).toMatchObject({
      status: 'succeeded',
      progress: { completedStages: [0, 1], progress: 1 },
    });
    expect(points.length).toBeGreaterThan(0);
  });

  test('resumes where it was cut', async () => {
    const before = openPanel();
    let resume = '';
    before.on('resume_point', (token) => {
      resume = token;
    });
    await subscribed(before, [{ everything: true }]);
    await vi.waitFor(() => expect(resume).not.toBe(''), PATIENCE);
    before.disconnect();
    const runId = await rig.engine.start(PAIR);
    await rig.engine.ended(runId);
    const after = openPanel();
    const heard = collect(after);
    expect(await subscribed(after, [{ everything: true, resume }])).toEqual({ ok: true });
    await untilOver(heard, runId);
    const last = await rig.lastSeq(runId);
    expect(numbersOf(heard, runId)).toEqual(Array.from({ length: last }, (_, at) => at + 1));
  });

  test('hears the same as many others do', async () => {
    const panels = Array.from({ length: 20 }, openPanel);
    const heard = panels.map(collect);
    await Promise.all(panels.map((panel) => subscribed(panel, [{ everything: true }])));
    const runId = await rig.engine.start(PAIR);
    await Promise.all(heard.map((news) => untilOver(news, runId)));
    const last = await rig.lastSeq(runId);
    for (const news of heard) {
      expect(numbersOf(news, runId)).toEqual(Array.from({ length: last }, (_, at) => at + 1));
    }
  });

  test('hears how the agents are, before it is told that it listens', async () => {
    const id = 'a'.repeat(32);
    await rig.database.sql`INSERT INTO agents (id, org_id, name, transport, capabilities)
      VALUES (${id}::text::uuid, ${toUuid(LOCAL_OWNER.orgId)}::text::uuid, 'seen', 'pull', '[]')`;
    const panel = openPanel();
    const heard: AgentNews[] = [];
    panel.on('agent_news', (news) => heard.push(...news));
    await subscribed(panel, [{ agents: true }]);
    expect(heard).toMatchObject([{ agentId: `agent_${id}`, name: 'seen', state: 'offline', load: 0 }]);
  });

  test.each([
    ['a run that is not there', [{ run_id: `run_${'0'.repeat(32)}` }], 'NOT_FOUND'],
    ['a room by its name', [{ room: 'everything' }], 'INVALID'],
    ['no list', 'everything', 'INVALID'],
    ['too much at once', Array.from({ length: 501 }, () => ({ agents: true })), 'INVALID'],
  ])('is refused when it asks for %s', async (_, targets, code) => {
    const panel = openPanel();
    expect(await subscribed(panel, targets as object[])).toMatchObject({ ok: false, code });
  });

  test('that floods is hung up on', async () => {
    const panel = openPanel();
    await new Promise<void>((resolve) => panel.on('connect', resolve));
    const ended = new Promise((resolve) => panel.on('ended', resolve));
    for (let at = 0; at < 200; at += 1) panel.emit('subscribe', []);
    expect(await ended).toMatchObject({ code: 4429 });
  });
});

describe('others', () => {
  test('come in by a token', async () => {
    const program = open({}, { token: SECRET });
    expect(await subscribed(program, [{ everything: true }])).toEqual({ ok: true });
  });

  test.each<[string, () => Panel]>([
    ['nobody', () => open({})],
    ['a wrong token', () => open({}, { token: 'wrong' })],
    ['a token that is no text', () => open({}, { token: { $ne: '' } })],
    [
      'a cookie without an origin',
      () => {
        const session = owner.redeem(owner.issueToken())?.session ?? '';
        return open({ cookie: `signalbox_session_${new URL(origin()).port}=${session}` });
      },
    ],
    ['another site', () => open({ origin: 'https://evil.example' }, { token: SECRET })],
    ['another namespace', () => open({}, { token: SECRET }, '/admin')],
  ])('do not: %s', async (_, connect) => {
    const socket = connect();
    await new Promise((resolve) => socket.on('connect_error', resolve));
    expect(socket.connected).toBe(false);
  });

  test('do not poll: that would need one process for one client', async () => {
    const response = await fetch(`${origin()}/socket.io/?EIO=4&transport=polling`);
    expect(response.status).toBe(400);
  });

  test('leave nothing behind', async () => {
    const panel = openPanel();
    await subscribed(panel, [{ everything: true }]);
    panel.disconnect();
    await vi.waitFor(() => expect(rig.webs[0]?.sockets.count()).toBe(0), PATIENCE);
    await vi.waitFor(() => expect(rig.webs[0]?.relay.orgs()).toBe(0), PATIENCE);
  });

  test('are told when the server stops', async () => {
    const panel = openPanel();
    await subscribed(panel, [{ everything: true }]);
    const ended = new Promise((resolve) => panel.on('ended', resolve));
    await rig.webs[0]?.sockets.stop();
    expect(await ended).toMatchObject({ code: 1001 });
  });
});
