import { describe, expect, test } from 'vitest';
import { DEFAULT_ORG_ID, makeId, type RunId } from '#server/domain/ids.ts';
import { type BacklogReason, createBacklog } from './backlog.ts';
import { createOffers } from './offers.ts';

const run: RunId = makeId('run', '1'.padStart(32, '0'));

/** Ten tasks in line for agents, and what is offered of them. */
function open(room: number) {
  const backlog = createBacklog();
  const line: BacklogReason = { id: 'line', source: 'agents', room: () => state.room };
  const state = { room, offered: [] as number[], lost: [] as (() => void)[] };
  for (let task = 0; task < 10; task += 1) {
    backlog.add(line, 'medium', { orgId: DEFAULT_ORG_ID, runId: run, task });
  }
  const offers = createOffers({
    backlog,
    submit(_run, task, onLost) {
      state.offered.push(task);
      state.lost.push(onLost);
    },
  });
  return { ...offers, state, backlog, line };
}

describe('room that has come free', () => {
  test('is offered once, however often it is heard of before anybody has decided', () => {
    const { next, state } = open(2);
    next('agents');
    next('agents');
    next('somebody else');
    expect(state.offered).toEqual([0, 1]);
    state.room = 3;
    next('agents');
    expect(state.offered).toEqual([0, 1, 2]);
  });

  test('goes to the next in line when whom it was offered to needs it no more', () => {
    const { next, decided, refill, state } = open(1);
    next('agents');
    for (let task = 0; task < 10; task += 1) {
      decided(run, task, null);
      refill();
    }
    expect(state.offered).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('goes to the next in line when the offer got lost', () => {
    const { next, state } = open(1);
    next('agents');
    state.lost[0]?.();
    expect(state.offered).toEqual([0, 1]);
  });

  test('is not offered round and round to those whom it does not fit', () => {
    const { next, decided, refill, state, backlog, line } = open(2);
    next('agents');
    for (const task of [0, 1]) {
      backlog.add(line, 'medium', { orgId: DEFAULT_ORG_ID, runId: run, task });
      decided(run, task, task === 0 ? 'line' : null);
    }
    refill();
    expect(state.offered).toEqual([0, 1]);
    next('agents');
    expect(state.offered).toEqual([0, 1, 2, 3]);
  });
});
