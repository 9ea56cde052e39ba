import { once } from 'node:events';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { GraphInput } from '#server/domain/graph/schema.ts';
import { type OrgId, type RunId, toUuid } from '#server/domain/ids.ts';
import { type Actor, LOCAL_OWNER } from '#server/identity/actor.ts';
import { createLiveRig, type LiveRig, type LiveRigOptions } from '#server/testing/live-rig.ts';
import { LIVE_TOKEN } from '#server/testing/live-web.ts';
import { connectWs, eventNumbers, knock, untilTold, type WsClient } from '#server/testing/ws-client.ts';

const PATIENCE = { timeout: 120_000, interval: 20 };
const BIG = 'x'.repeat(10_000);

const handlers: LiveRigOptions['handlers'] = {
  quick: async (_, context) => {
    context.progress(0.5);
    return null;
  },
  'fail-loudly': async () => {
    throw new Error(BIG);
  },
};

const chain = (types: string[]): GraphInput => ({
  stages: types.map((type, at) => ({ key: `s${at}`, type, retry: { maxAttempts: 1 } })),
  dependencies: types.slice(1).map((_, at) => ({ from: `s${at}`, to: `s${at + 1}` })),
});
const SIX = chain(Array.from({ length: 6 }, () => 'quick'));

async function openRig(options: Partial<LiveRigOptions> = {}): Promise<LiveRig> {
  const rig = await createLiveRig({ handlers, ...options });
  onTestFinished(() => rig[Symbol.asyncDispose]());
  return rig;
}

const open = (rig: LiveRig, targets?: object[]): Promise<WsClient> =>
  connectWs({ origin: rig.webs[0]?.origin ?? '', token: LIVE_TOKEN, ...(targets ? { targets } : {}) });

describe('who may be connected', () => {
  test('a client that says nothing is hung up on', async () => {
    const rig = await openRig({ authMs: 50 });
    const socket = new WebSocket(`${rig.webs[0]?.origin.replace('http', 'ws')}/ws`);
    expect((await once(socket, 'close'))[0]).toBe(4408);
  });

  test('a token that has expired and one that was taken back end their connections, others stay', async () => {
    let isRevoked = false;
    let tell: (concerns: (actor: Actor) => boolean) => void = () => undefined;
    const rig = await openRig({
      authenticate: async ({ bearer }) => {
        if (bearer === 'short') return isRevoked ? null : { actor: LOCAL_OWNER, askAgainAt: Date.now() + 50 };
        if (bearer === 'revoked' && isRevoked) return null;
        return { actor: LOCAL_OWNER, askAgainAt: null };
      },
      onSessionsChanged: (listener) => {
        tell = listener;
        return () => undefined;
      },
    });
    const origin = rig.webs[0]?.origin ?? '';
    const [short, revoked, stays] = await Promise.all(
      ['short', 'revoked', 'stays'].map((token) => connectWs({ origin, token })),
    );
    await Promise.all(
      [short, revoked, stays].map((client) => untilTold(client as WsClient, { type: 'resume_point' })),
    );
    isRevoked = true;
    expect(await short?.closed).toMatchObject({ code: 4401 });
    expect(revoked?.socket.readyState).toBe(WebSocket.OPEN);
    tell((actor) => actor.name === LOCAL_OWNER.name);
    expect(await revoked?.closed).toMatchObject({ code: 4401 });
    const runId = await rig.engine.start(SIX);
    await untilTold(stays as WsClient, { event: 'run.succeeded', run_id: runId });
    expect(eventNumbers(revoked?.messages ?? [], runId)).toEqual([]);
  });

  test('a role that may not read payloads hears how runs went, and no word of what they worked on', async () => {
    const auditor: Actor = { ...LOCAL_OWNER, kind: 'person', id: 'auditor', role: 'auditor' };
    const rig = await openRig({ authenticate: async () => ({ actor: auditor, askAgainAt: null }) });
    const client = await open(rig);
    await untilTold(client, { type: 'resume_point' });
    const runId = await rig.engine.start(chain(['fail-loudly']));
    await untilTold(client, { event: 'run.failed', run_id: runId });
    await untilTold(client, { type: 'error', run_id: runId });
    expect(JSON.stringify(client.messages)).not.toContain(BIG);
    client.send({ type: 'subscribe', id: 'again', run_id: runId, after: 0 });
    await untilTold(client, { type: 'subscribed', id: 'again' });
    await vi.waitFor(
      () => expect(eventNumbers(client.messages, runId).filter((seq) => seq === 1)).toHaveLength(2),
      PATIENCE,
    );
    expect(JSON.stringify(client.messages)).not.toContain(BIG);
  });

  test('a key that was narrowed to runs hears of no agents', async () => {
    const key: Actor = { ...LOCAL_OWNER, kind: 'key', id: 'key', scopes: ['runs:read'] };
    const rig = await openRig({ authenticate: async () => ({ actor: key, askAgainAt: null }) });
    await rig.database.sql`INSERT INTO agents (id, org_id, name, transport, capabilities)
      VALUES (${'b'.repeat(32)}::text::uuid, ${toUuid(key.orgId)}::text::uuid, 'unheard', 'pull', '[]') ON CONFLICT DO NOTHING`;
    const client = await open(rig);
    await untilTold(client, { type: 'resume_point' });
    client.send({ type: 'subscribe', agents: true });
    expect(await untilTold(client, { type: 'error' })).toMatchObject({ details: { code: 'FORBIDDEN' } });
    expect(client.messages.map(({ type }) => type)).not.toContain('agent_update');
  });

  test('an agent hears nothing', async () => {
    const agent: Actor = { ...LOCAL_OWNER, kind: 'agent', id: 'agent', role: null, agent: 'agent_1' };
    const rig = await openRig({ authenticate: async () => ({ actor: agent, askAgainAt: null }) });
    const client = await open(rig);
    expect(await untilTold(client, { type: 'error' })).toMatchObject({ details: { code: 'FORBIDDEN' } });
  });

  test('a tenant hears nothing of another', async () => {
    const stranger: Actor = { ...LOCAL_OWNER, orgId: 'org_00000000000070008000000000000002' as OrgId };
    const rig = await openRig({
      authenticate: async ({ bearer }) => ({
        actor: bearer === 'stranger' ? stranger : LOCAL_OWNER,
        askAgainAt: null,
      }),
    });
    const origin = rig.webs[0]?.origin ?? '';
    const theirs = await connectWs({ origin, token: 'stranger' });
    const ours = await connectWs({ origin, token: LIVE_TOKEN });
    await Promise.all([theirs, ours].map((client) => untilTold(client, { type: 'resume_point' })));
    const token = String((await untilTold(ours, { type: 'resume_point' })).resume);
    const runId = await rig.engine.start(SIX);
    await untilTold(ours, { event: 'run.succeeded', run_id: runId });
    theirs.send({ type: 'subscribe', run_id: runId, after: 0 });
    expect(await untilTold(theirs, { type: 'error' })).toMatchObject({ details: { code: 'NOT_FOUND' } });
    theirs.send({ type: 'subscribe', id: 'resumed', everything: true, resume: token });
    await untilTold(theirs, { type: 'subscribed', id: 'resumed' });
    expect(theirs.messages.filter(({ run_id }) => run_id !== undefined)).toEqual([]);
  });

  test('one actor may hold only so many connections', async () => {
    const rig = await openRig({ limits: { max: 10, perActor: 2 } });
    const clients = [await open(rig), await open(rig)];
    await Promise.all(clients.map((client) => untilTold(client, { type: 'ready' })));
    const third = await open(rig);
    expect(await third.closed).toMatchObject({ code: 4430 });
    await clients[0]?.cut();
    await vi.waitFor(() => expect(rig.webs[0]?.sockets.count()).toBe(1), PATIENCE);
    await untilTold(await open(rig), { type: 'ready' });
  });

  test('a process may hold only so many, also of those that have not signed in', async () => {
    const rig = await openRig({ limits: { max: 1, perActor: 10 } });
    const url = `${rig.webs[0]?.origin.replace('http', 'ws')}/ws`;
    const silent = new WebSocket(url);
    await once(silent, 'open');
    expect(await knock(url)).toBe(503);
    silent.terminate();
  });

  test('when the server stops everybody is told to come again', async () => {
    const rig = await openRig();
    const client = await open(rig);
    await untilTold(client, { type: 'ready' });
    await rig.webs[0]?.sockets.stop();
    expect(await client.closed).toMatchObject({ code: 1001 });
  });
});

describe('when announcements are lost', () => {
  test('all of them, events come all the same', async () => {
    const rig = await openRig({ loses: () => true });
    const everything = await open(rig);
    await untilTold(everything, { type: 'resume_point' });
    const runId = await rig.engine.start(SIX);
    const one = await open(rig, [{ run_id: runId, after: 0 }]);
    for (const client of [everything, one]) {
      await untilTold(client, { event: 'run.succeeded', run_id: runId });
      const last = await rig.lastSeq(runId);
      expect(eventNumbers(client.messages, runId)).toEqual(Array.from({ length: last }, (_, at) => at + 1));
    }
  });
});

describe('a slow reader', () => {
  const loud = chain(['fail-loudly']);

  async function startLoudRuns(rig: LiveRig): Promise<RunId[]> {
    const runs: RunId[] = [];
    for (let wave = 0; wave < 10; wave += 1) {
      const some = await Promise.all(Array.from({ length: 60 }, () => rig.engine.start(loud)));
      await Promise.all(some.map((runId) => rig.engine.ended(runId)));
      runs.push(...some);
    }
    return runs;
  }

  /** They are over, so it is asked once how far each went, and not at each try. */
  async function untilAllHeard(rig: LiveRig, { messages }: WsClient, runs: RunId[]): Promise<void> {
    const lasts: number[] = [];
    for (const runId of runs) lasts.push(await rig.lastSeq(runId));
    await vi.waitFor(() => {
      for (const [at, runId] of runs.entries()) {
        const all = Array.from({ length: lasts[at] ?? 0 }, (_, before) => before + 1);
        expect(eventNumbers(messages, runId)).toEqual(all);
      }
    }, PATIENCE);
  }

  function watchBacklog(rig: LiveRig): { most(): number; stop(): void } {
    let most = 0;
    const timer = setInterval(() => {
      for (const wire of rig.webs[0]?.wires ?? []) most = Math.max(most, wire.writableLength);
    }, 5);
    return { most: () => most, stop: () => clearInterval(timer) };
  }

  test('costs little memory, holds nobody up, and in the end has missed nothing', async () => {
    // It stands still for as long as the machine takes to make all these runs: that is not what it is ended for here.
    const rig = await openRig({ relay: { patienceMs: 600_000 } });
    const slow = await open(rig);
    const quick = await open(rig);
    await Promise.all([slow, quick].map((client) => untilTold(client, { type: 'resume_point' })));
    const backlog = watchBacklog(rig);
    slow.socket.pause();
    const runs = await startLoudRuns(rig);
    await untilAllHeard(rig, quick, runs);
    const told = quick.messages.reduce((sum, message) => sum + JSON.stringify(message).length, 0);
    slow.socket.resume();
    await untilAllHeard(rig, slow, runs);
    backlog.stop();
    // Never more than it may have before it, and what was being written then: the rest was left in the database.
    expect(told).toBeGreaterThan(15_000_000);
    expect(backlog.most()).toBeLessThan(5_000_000);
    await rig.expectSound();
  });

  test('that has been ended can resume', async () => {
    const rig = await openRig({ relay: { patienceMs: 300 } });
    const stuck = await open(rig);
    const { resume } = await untilTold(stuck, { type: 'resume_point' });
    stuck.socket.pause();
    const runs = await startLoudRuns(rig);
    await vi.waitFor(() => expect(rig.webs[0]?.sockets.count()).toBe(0), PATIENCE);
    const again = await open(rig, [{ everything: true, resume }]);
    await untilAllHeard(rig, again, runs);
  });
});
