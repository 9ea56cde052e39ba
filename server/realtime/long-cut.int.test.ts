import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { DEFAULT_ORG_ID, type PipelineId, type RunId } from '#server/domain/ids.ts';
import type { LiveToClient, LiveToServer, RunNews } from '#server/domain/live.ts';
import { CHANNEL } from '#server/redis/keys.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import { addPipeline, createLiveRig, type LiveRig } from '#server/testing/live-rig.ts';
import { LIVE_TOKEN, openLiveWeb } from '#server/testing/live-web.ts';
import { writeHistory } from '#server/testing/long-history.ts';
import {
  connectWs,
  eventNumbers,
  untilTold,
  type WsClient,
  type WsMessage,
} from '#server/testing/ws-client.ts';
import { writeNudge } from './nudge.ts';

/** As much as a busy house does in hours: more than one look takes of either. */
const RUNS = 12_000;
const COMMITS = 17;
const OF_PIPELINE = 1500;
const PATIENCE = { timeout: 240_000, interval: 50 };

let rig: LiveRig;
let pipelineId: PipelineId;
/** Before all that the histories tell. */
let resume: string;
let runs: RunId[];
let ofPipeline: RunId[];
/** It is told of nothing and looks when it is made to, so that it finds all of it at once. */
let deaf: Awaited<ReturnType<typeof openDeafWeb>>;

beforeAll(async () => {
  // Nobody is ended because the machine is slow.
  const relay = { patienceMs: 600_000 };
  rig = await createLiveRig({ handlers: { quick: async () => null }, relay });
  const template = await startRun();
  await rig.engine.ended(template);
  pipelineId = (await addPipeline(rig.database, 'long')) as PipelineId;
  const before = await connect();
  resume = String((await untilTold(before, { type: 'resume_point' })).resume);
  await before.cut();
  deaf = await openDeafWeb();
  const shared = { template, commits: COMMITS };
  ofPipeline = await writeHistory(rig.database, { ...shared, runs: OF_PIPELINE, pipelineId });
  runs = [...ofPipeline, ...(await writeHistory(rig.database, { ...shared, runs: RUNS - OF_PIPELINE }))];
});
afterAll(async () => {
  await deaf?.close();
  await rig?.[Symbol.asyncDispose]();
});

/** With one client, who has been told of one run since the last look. */
async function openDeafWeb() {
  const hot = createMemoryHotState();
  await hot.start();
  let look = (): void => undefined;
  const web = await openLiveWeb({
    databaseUrl: rig.database.url,
    hot: {
      ...hot,
      onGap(listener) {
        look = listener;
        return () => undefined;
      },
    },
    relay: { lookMs: 3_600_000, patienceMs: 600_000 },
    onTrouble: (message) => rig.troubles.push(message),
  });
  const client = await connectWs({
    ...{ origin: web.origin, token: LIVE_TOKEN, targets: [{ pipeline_id: pipelineId }] },
  });
  await untilTold(client, { type: 'resume_point' });
  const told = await startRun(pipelineId);
  await rig.engine.ended(told);
  const last = await rig.lastSeq(told);
  await hot.publish(CHANNEL.orgEvents(DEFAULT_ORG_ID), writeNudge([[told, pipelineId, last]]));
  await untilTold(client, { event: 'run.succeeded', run_id: told });
  return {
    ...{ client, told, look: () => look() },
    async close() {
      await web[Symbol.asyncDispose]();
      await hot.stop();
    },
  };
}

const originOf = () => rig.webs[0]?.origin ?? '';

const startRun = (pipeline: PipelineId | null = null): Promise<RunId> =>
  rig.engine.start({ stages: [{ key: 'only', type: 'quick' }], dependencies: [] }, null, {
    pipelineId: pipeline,
  });

function connect(
  options: { targets?: object[]; onMessage?(message: WsMessage): void } = {},
): Promise<WsClient> {
  return connectWs({ origin: originOf(), token: LIVE_TOKEN, ...options });
}

const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

/** By run the numbers of its events, in the order in which they came. */
function createBook() {
  const numbers = new Map<string, number[]>();
  return {
    size: () => numbers.size,
    add(runId: string, seq: number): void {
      const list = numbers.get(runId);
      if (list) list.push(seq);
      else numbers.set(runId, [seq]);
    },
    /** Each event of each of these, once and in order: named are those of which it is not so. */
    wrong: (expected: readonly RunId[], last = COMMITS) =>
      expected.filter((runId) => numbers.get(runId)?.join() !== upTo(last).join()),
    numbersOf: (runId: RunId) => numbers.get(runId) ?? [],
  };
}

/** What a client keeps to resume, and everything that it was told. */
function createFollower(what: object = { everything: true }) {
  const book = createBook();
  let point = resume;
  let seen: Record<string, number> = {};
  let points = 0;
  let resyncs = 0;
  return {
    book,
    points: () => points,
    resyncs: () => resyncs,
    named: () => Object.keys(seen).length,
    target: () => ({ ...what, resume: point, seen }),
    hear({ type, run_id, seq, event, ...message }: WsMessage): void {
      if (type === 'resync') resyncs += 1;
      if (type === 'resume_point') {
        points += 1;
        point = String(message.resume);
        seen = {};
      }
      if (type === 'error' || typeof event !== 'string') return;
      book.add(String(run_id), Number(seq));
      seen[String(run_id)] = Number(seq);
    },
  };
}

describe(`after a cut in which ${RUNS} runs moved by ${RUNS * COMMITS} commits`, () => {
  test('a client of /ws that is cut again and again on its way misses nothing and hears nothing twice', async () => {
    const follower = createFollower();
    const meanwhile: RunId[] = [];
    let most = 0;
    for (const part of [0.05, 0.3, 0.31, 0.7]) {
      const client = await connect({ targets: [follower.target()], onMessage: follower.hear });
      await vi.waitFor(() => expect(follower.book.size()).toBeGreaterThan(RUNS * part), PATIENCE);
      await client.cut();
      most = Math.max(most, follower.named());
      meanwhile.push(await startRun());
    }
    const last = await connect({ targets: [follower.target()], onMessage: follower.hear });
    await Promise.all(meanwhile.map((runId) => rig.engine.ended(runId)));
    await vi.waitFor(() => expect(follower.book.wrong(runs)).toEqual([]), PATIENCE);
    // What began while it was away or on its way, and what comes when it has arrived.
    const live = await startRun();
    await rig.engine.ended(live);
    for (const runId of [...meanwhile, live]) {
      const all = upTo(await rig.lastSeq(runId));
      await vi.waitFor(() => expect(follower.book.numbersOf(runId)).toEqual(all), PATIENCE);
    }
    expect(follower.book.wrong(runs)).toEqual([]);
    await last.cut();
    expect(follower.resyncs()).toBe(0);
    // It was told often how far it is, so that what it had to name stayed within what one may.
    expect(follower.points()).toBeGreaterThan(RUNS / 500);
    expect(most).toBeLessThanOrEqual(1000);
  });

  test('a panel on Socket.IO that is cut on its way through a pipeline is told all of that one once, and nothing else', async () => {
    const follower = createFollower({ pipeline_id: pipelineId });
    for (const part of [0.1, 0.6]) {
      const panel = await openPanel(follower);
      await vi.waitFor(() => expect(follower.book.size()).toBeGreaterThan(OF_PIPELINE * part), PATIENCE);
      panel.disconnect();
    }
    await openPanel(follower);
    await vi.waitFor(() => expect(follower.book.wrong(ofPipeline)).toEqual([]), PATIENCE);
    // And the one of it that was told elsewhere before the histories began.
    expect(follower.book.numbersOf(deaf.told)).toEqual(upTo(await rig.lastSeq(deaf.told)));
    expect(follower.book.size()).toBe(ofPipeline.length + 1);
    expect(follower.points()).toBeGreaterThan(OF_PIPELINE / 500);
    expect(follower.resyncs()).toBe(0);
  });

  test('those who were connected all the while, and whose process heard of nothing, are told all of it too', async () => {
    const { client, told, look } = deaf;
    const later = await startRun(pipelineId);
    await rig.engine.ended(later);
    look();
    for (const runId of [told, later]) {
      const all = upTo(await rig.lastSeq(runId));
      await vi.waitFor(() => expect(eventNumbers(client.messages, runId)).toEqual(all), PATIENCE);
    }
    const book = createBook();
    for (const { type, run_id, seq, event } of client.messages)
      if (type !== 'error' && typeof event === 'string') book.add(String(run_id), Number(seq));
    expect(book.wrong(ofPipeline)).toEqual([]);
    expect(client.messages.map(({ type }) => type)).not.toContain('resync');
    expect(rig.troubles).toEqual([]);
  });

  test('one that does not read holds up neither those who catch up nor those who are live, and costs little', async () => {
    const live = await connect();
    await untilTold(live, { type: 'resume_point' });
    const slow = createFollower({ pipeline_id: pipelineId });
    const stuck = await connect({ targets: [slow.target()], onMessage: slow.hear });
    stuck.socket.pause();
    const quick = createFollower({ pipeline_id: pipelineId });
    const reads = await connect({ targets: [quick.target()], onMessage: quick.hear });
    const backlog = watchBacklog();
    const now = await startRun();
    await untilTold(live, { event: 'run.succeeded', run_id: now });
    await vi.waitFor(() => expect(quick.book.wrong(ofPipeline)).toEqual([]), PATIENCE);
    expect(slow.book.size()).toBeLessThan(OF_PIPELINE / 2);
    expect(eventNumbers(live.messages, now)).toEqual(upTo(await rig.lastSeq(now)));
    // A reading of 20 runs at most is written beyond what one may have before it.
    expect(backlog()).toBeLessThan(2_000_000);
    stuck.socket.resume();
    await vi.waitFor(() => expect(slow.book.wrong(ofPipeline)).toEqual([]), PATIENCE);
    await Promise.all([live, stuck, reads].map((client) => client.cut()));
  });
});

/** A line of its own that goes on from where the follower is. What comes in after a cut is not heard. */
async function openPanel(follower: ReturnType<typeof createFollower>) {
  const panel: Socket<LiveToClient, LiveToServer> = io(originOf(), {
    ...{ transports: ['websocket'], reconnection: false, forceNew: true, auth: { token: LIVE_TOKEN } },
  });
  onTestFinished(() => {
    panel.disconnect();
  });
  panel.on('run_news', (news: readonly RunNews[]) => {
    for (const { runId, events } of news)
      for (const { seq, event } of events)
        follower.hear({ type: 'task_update', run_id: runId, seq, event: event.type });
  });
  panel.on('resume_point', (token) => follower.hear({ type: 'resume_point', resume: token }));
  panel.on('resync', () => follower.hear({ type: 'resync' }));
  expect(await panel.emitWithAck('subscribe', [follower.target()] as never)).toEqual({ ok: true });
  return panel;
}

/** The most that the server has had before any of its connections. */
function watchBacklog(): () => number {
  const wires = [...(rig.webs[0]?.wires ?? [])];
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, ...wires.map(({ writableLength }) => writableLength));
  }, 5);
  onTestFinished(() => clearInterval(watch));
  return () => most;
}
