import { expect, test } from 'vitest';
import type { RunId } from '#server/domain/ids.ts';
import type { RunNews } from '#server/domain/live.ts';
import { LOCAL_OWNER } from '#server/identity/actor.ts';
import { createAudience } from './audience.ts';
import type { Desk, Member } from './desk.ts';
import { createSession, type SessionOptions } from './session.ts';

/** As many as a reader may be behind with (server/realtime/README.md). */
const MOST = 10_000;

/** A reader that has stopped reading, before a desk that only counts what is kept for it. */
function openStuckReader() {
  const pinned = new Set<RunId>();
  let ends = 0;
  let told = 0;
  const members = new Set<Member>();
  const desk: Pick<Desk, 'audience' | 'members' | 'pin' | 'unpin'> = {
    audience: createAudience<Member>(),
    members,
    pin: (run) => void pinned.add(run),
    unpin: (run) => void pinned.delete(run),
  };
  const nothing = () => undefined;
  const session = createSession({
    ...({ desk, agents: { join: async () => undefined, leave: nothing, stop: nothing } } as Pick<
      SessionOptions,
      'desk' | 'agents'
    >),
    services: {} as SessionOptions['services'],
    actor: LOCAL_OWNER,
    sink: {
      ...{ agents: nothing, resumePoint: nothing, resync: nothing },
      runs: () => {
        told += 1;
      },
      backlogBytes: () => 1024 * 1024,
      tooSlow: () => {
        ends += 1;
      },
    },
    redact: (news) => news,
    now: () => 0,
    patienceMs: 1,
    onTrouble: (message) => {
      throw new Error(message);
    },
  });
  const [member] = members;
  if (!member) throw new Error('The desk knows nobody.');
  return { session, member, members, pinned, ends: () => ends, told: () => told };
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
