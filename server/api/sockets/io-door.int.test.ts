import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type PipelineId, type RunId, toUuid } from '#server/domain/ids.ts';
import type { AgentNews, LiveAnswer, LiveToClient, LiveToServer, RunNews } from '#server/domain/live.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import { createPipeline } from '#server/services/pipeline/create.ts';
import { getRun } from '#server/services/run/get.ts';
import { startRun } from '#server/services/run/start.ts';
import { attachTestSockets } from '#server/testing/attach-sockets.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { type Browser, joinAs, signInByLink } from '#server/testing/people.ts';
import type { Sockets } from './sockets.ts';

const PATIENCE = { timeout: 60_000, interval: 20 };

type Panel = Socket<LiveToClient, LiveToServer>;

let http: TestServer;
let sockets: Sockets;
let owner: Browser;
let pipelineId: PipelineId;

beforeAll(async () => {
  http = await startTestServer();
  const { services, actor } = http.program;
  sockets = attachTestSockets(http, { services });
  owner = await signInByLink(http, services.identity.links.issueOwnerLink);
  const document = {
    stages: [
      { key: 'a', type: 'echo' },
      { key: 'b', type: 'echo' },
    ],
    dependencies: [{ from: 'a', to: 'b' }],
  };
  pipelineId = (await createPipeline(services, actor, { name: 'pair', document, publish: true })).id;
});
afterAll(async () => {
  await sockets.stop();
  await http[Symbol.asyncDispose]();
});

/** All that a panel is told of agents until it is told that it listens. */
async function hearAgents(): Promise<AgentNews[]> {
  const panel = openPanel();
  const heard: AgentNews[] = [];
  panel.on('agent_news', (news) => heard.push(...news));
  await subscribed(panel, [{ agents: true }]);
  return [...heard];
}

const at = () => [http.program.services, http.program.actor] as const;

async function start(): Promise<RunId> {
  return (await startRun(...at(), { pipelineId })).run.id;
}

async function ended(id: RunId): Promise<number> {
  return vi.waitFor(async () => {
    const run = await getRun(...at(), { id });
    expect(isRunOver(run.status)).toBe(true);
    return run.seq;
  }, PATIENCE);
}

function open(headers: Record<string, string>, auth: object = {}, path = ''): Panel {
  const socket: Panel = io(`${http.origin}${path}`, {
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

const openPanel = ({ cookie }: Browser = owner): Panel => open({ origin: http.origin, cookie });

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
    const runs = [await start(), await start()];
    for (const runId of runs) {
      await untilOver(heard, runId);
      const last = await ended(runId);
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
    const runId = await start();
    await ended(runId);
    const after = openPanel();
    const heard = collect(after);
    expect(await subscribed(after, [{ everything: true, resume }])).toEqual({ ok: true });
    await untilOver(heard, runId);
    const last = await ended(runId);
    expect(numbersOf(heard, runId)).toEqual(Array.from({ length: last }, (_, at) => at + 1));
  });

  test('hears the same as many others do', async () => {
    const panels = Array.from({ length: 20 }, () => openPanel());
    const heard = panels.map(collect);
    await Promise.all(panels.map((panel) => subscribed(panel, [{ everything: true }])));
    const runId = await start();
    await Promise.all(heard.map((news) => untilOver(news, runId)));
    const last = await ended(runId);
    for (const news of heard) {
      expect(numbersOf(news, runId)).toEqual(Array.from({ length: last }, (_, at) => at + 1));
    }
  });

  test('hears how the agents are, before it is told that it listens', async () => {
    const id = 'a'.repeat(32);
    await http.program.database.sql`INSERT INTO agents (id, org_id, name, transport, capabilities)
      VALUES (${id}::text::uuid, ${toUuid(http.program.actor.orgId)}::text::uuid, 'seen', 'pull', '[]') ON CONFLICT DO NOTHING`;
    // Whoever watches already may know the agents as they were a moment ago, and so it is told again.
    const heard = await vi.waitFor(async () => {
      const news = await hearAgents();
      expect(news).toContainEqual(
        expect.objectContaining({ agentId: `agent_${id}`, name: 'seen', state: 'offline', load: 0 }),
      );
      return news;
    }, PATIENCE);
    expect(heard.map(({ name }) => name)).toContain('builtin-echo');
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

describe('who has come in', () => {
  test('goes with the session: a sign-out hangs up at once, and on nobody else', async () => {
    const viewer = await joinAs(http, owner, 'viewer');
    const leaves = openPanel(viewer);
    const stays = openPanel();
    await subscribed(leaves, [{ everything: true }]);
    await subscribed(stays, [{ everything: true }]);
    const end = new Promise((resolve) => leaves.on('ended', resolve));
    expect((await viewer.ask('/api/v1/auth/sign-out', { body: {} })).status).toBeLessThan(300);
    expect(await end).toMatchObject({ code: 4401 });
    expect(stays.connected).toBe(true);
  });

  test('is asked to come again when the role has changed', async () => {
    const viewer = await joinAs(http, owner, 'viewer');
    const panel = openPanel(viewer);
    await subscribed(panel, [{ everything: true }]);
    const end = new Promise((resolve) => panel.on('ended', resolve));
    const changed = await owner.ask(`/api/v1/members/${viewer.id}`, {
      method: 'PATCH',
      body: { role: 'operator' },
    });
    expect(changed.status).toBe(200);
    expect(await end).toMatchObject({ code: 4409 });
  });
});

describe('others', () => {
  test('come in by a token', async () => {
    const program = open({}, { token: http.secret });
    expect(await subscribed(program, [{ everything: true }])).toEqual({ ok: true });
  });

  test.each<[string, () => Panel]>([
    ['nobody', () => open({})],
    ['a wrong token', () => open({}, { token: 'wrong' })],
    ['a token that is no text', () => open({}, { token: { $ne: '' } })],
    ['a cookie without an origin', () => open({ cookie: owner.cookie })],
    ['another site', () => open({ origin: 'https://evil.example' }, { token: http.secret })],
    ['another namespace', () => open({}, { token: http.secret }, '/admin')],
  ])('do not: %s', async (_, connect) => {
    const socket = connect();
    const outcome = await new Promise((resolve) => {
      socket.on('connect_error', () => resolve('refused'));
      socket.on('connect', () => resolve('let in'));
    });
    expect(outcome).toBe('refused');
  });

  test('do not poll: that would need one process for one client', async () => {
    const response = await fetch(`${http.origin}/socket.io/?EIO=4&transport=polling`);
    expect(response.status).toBe(400);
  });

  test('leave nothing behind', async () => {
    const panel = openPanel();
    await subscribed(panel, [{ everything: true }]);
    panel.disconnect();
    await vi.waitFor(() => expect(sockets.count()).toBe(0), PATIENCE);
  });

  test('are told when the server stops', async () => {
    const panel = openPanel();
    await subscribed(panel, [{ everything: true }]);
    const ended = new Promise((resolve) => panel.on('ended', resolve));
    await sockets.stop();
    expect(await ended).toMatchObject({ code: 1001 });
  });
});
