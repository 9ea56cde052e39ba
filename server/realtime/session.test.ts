import { expect, onTestFinished, test, vi } from 'vitest';
import type { AgentId, RunId } from '#server/domain/ids.ts';
import type { AgentNews, RunNews } from '#server/domain/live.ts';
import { LOCAL_OWNER } from '#server/identity/actor.ts';
import type { AgentsListener } from './agents-watch.ts';
import { createAudience } from './audience.ts';
import type { Desk, Member } from './desk.ts';
import { createSession, type SessionOptions } from './session.ts';

/** As many as a reader may be behind with (server/realtime/README.md). */
const MOST = 10_000;
const PATIENCE_MS = 1000;

/** A reader that has stopped reading, before a desk that only counts what is kept for it. */
function openStuckReader() {
  const pinned = new Set<RunId>();
  let ends = 0;
  let told = 0;
  let looks = 0;
  let time = 0;
  let backlog = 1024 * 1024;
  let tellAgents: AgentsListener = () => undefined;
  const heard: AgentNews[][] = [];
  const members = new Set<Member>();
  const desk: Partial<Desk> = {
    audience: createAudience<Member>(),
    members,
    pin: (run) => void pinned.add(run),
    unpin: (run) => void pinned.delete(run),
  };
  const nothing = () => undefined;
  const session = createSession({
    desk: desk as Desk,
    agents: {
      ...{ leave: nothing, stop: nothing },
      async join(listener) {
        tellAgents = listener;
      },
    },
    services: {} as SessionOptions['services'],
    actor: LOCAL_OWNER,
    sink: {
      ...{ resumePoint: nothing, resync: nothing },
      agents: (news) => void heard.push([...news]),
      runs: () => {
        told += 1;
      },
      backlogBytes: () => {
        looks += 1;
        return backlog;
      },
      tooSlow: () => {
        ends += 1;
      },
    },
    redact: (news) => news,
    few: (work) => work(),
    now: () => time,
    patienceMs: PATIENCE_MS,
    onTrouble: (message) => {
      throw new Error(message);
    },
  });
  const [member] = members;
  if (!member) throw new Error('The desk knows nobody.');
  onTestFinished(() => session.close());
  return {
    ...{ session, member, members, pinned, heard },
    tellAgents: (...news: AgentNews[]) => tellAgents(news),
    leaves(bytes: number) {
      backlog = bytes;
    },
    ends: () => ends,
    told: () => told,
    async passTo(ms: number) {
      time = ms;
      const before = looks;
      // By then it has been looked at anew, with that time on the clock.
      await vi.waitFor(() => expect(looks > before + 2 || ends > 0).toBe(true), { timeout: 60_000 });
    },
  };
}

const moved = (at: number): RunNews => ({
  runId: `run_${at.toString(16).padStart(32, '0')}` as RunId,
  pipelineId: null,
  status: 'running',
  isOver: false,
  seq: 2,
  progress: { progress: 0, currentStage: null, completedStages: [] },
  events: [{ seq: 2, at: 0, event: { type: 'run.started' } as RunNews['events'][number]['event'] }],
});

test('who is behind with more runs than may be kept for one reader is ended, and nothing stays kept', () => {
  const { member, members, pinned, ends, told } = openStuckReader();
  for (let at = 0; at < MOST; at += 1) member.take([moved(at)]);
  // The same run again is not one run more.
  member.take([moved(0)]);
  expect([ends(), pinned.size, members.size]).toEqual([0, MOST, 1]);
  member.take([moved(MOST)]);
  expect([ends(), pinned.size, members.size]).toEqual([1, 0, 0]);
  member.take([moved(MOST + 1)]);
  expect([ends(), told()]).toEqual([1, 0]);
});

test('who reads nothing for as long as is waited is ended, and not before', async () => {
  const { member, members, pinned, ends, passTo } = openStuckReader();
  member.take([moved(0)]);
  await passTo(PATIENCE_MS);
  expect([ends(), pinned.size, members.size]).toEqual([0, 1, 1]);
  await passTo(PATIENCE_MS + 1);
  expect([ends(), pinned.size, members.size]).toEqual([1, 0, 0]);
});

const PATIENCE = { timeout: 60_000, interval: 5 };
const agent = (name: string, load: number): AgentNews => ({
  ...{ agentId: `agent_${name}` as AgentId, name, state: 'online', load, at: load },
});

test('of each agent the newest is told once there is room', async () => {
  const { session, heard, tellAgents, leaves } = openStuckReader();
  await session.subscribe([{ agents: true }]);
  tellAgents(agent('one', 0.1), agent('two', 0.2));
  tellAgents(agent('one', 0.3));
  expect(heard).toEqual([]);
  leaves(0);
  // What comes while the others still wait does not go past them.
  tellAgents(agent('one', 0.4));
  await vi.waitFor(() => expect(heard).toEqual([[agent('one', 0.4), agent('two', 0.2)]]), PATIENCE);
  tellAgents(agent('two', 0.5));
  expect(heard[1]).toEqual([agent('two', 0.5)]);
});

test('who takes nothing of agents for as long as is waited is ended too', async () => {
  const { session, tellAgents, ends, passTo } = openStuckReader();
  await session.subscribe([{ agents: true }]);
  tellAgents(agent('one', 0.1));
  await passTo(PATIENCE_MS + 1);
  expect(ends()).toBe(1);
});
