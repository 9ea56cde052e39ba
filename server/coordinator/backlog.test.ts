import { describe, expect, test } from 'vitest';
import type { Priority } from '#server/domain/graph/schema.ts';
import { makeId, type OrgId, type RunId } from '#server/domain/ids.ts';
import { type BacklogReason, createBacklog } from './backlog.ts';

const body = (number: number): string => number.toString(16).padStart(32, '0');
const org = (number: number): OrgId => makeId('org', body(number));
const run = (number: number): RunId => makeId('run', body(number));

const agents: BacklogReason = { id: 'line', source: 'agents', room: () => 1 };

/** A backlog in which tasks are named by their run and place. */
function open() {
  const backlog = createBacklog();
  const add = (orgId: OrgId, runId: RunId, tasks: number, priority: Priority = 'medium') => {
    for (let task = 0; task < tasks; task += 1) backlog.add(agents, priority, { orgId, runId, task });
  };
  const takeOne = () => backlog.take('line', 1)[0];
  const takeAll = () => backlog.take('line', 1_000_000);
  return { backlog, add, takeOne, takeAll };
}

describe('tasks that wait for the same room', () => {
  test('are taken run by run, and within a run in the order they came', () => {
    const { add, takeAll } = open();
    add(org(1), run(1), 4);
    add(org(1), run(2), 2);
    add(org(1), run(3), 1);
    expect(takeAll().map(({ runId, task }) => `${Number.parseInt(runId.slice(-1), 16)}.${task}`)).toEqual([
      '1.0',
      '2.0',
      '3.0',
      '1.1',
      '2.1',
      '1.2',
      '1.3',
    ]);
  });

  test('F46 let a run with one task go second, behind a run with ten thousand', () => {
    const { add, takeOne } = open();
    add(org(1), run(1), 10_000);
    add(org(1), run(2), 1);
    expect([takeOne()?.runId, takeOne()?.runId, takeOne()?.runId]).toEqual([run(1), run(2), run(1)]);
  });

  test('F46 give ten runs of one tenant every other turn beside 9,990 of another', () => {
    const { backlog, add, takeAll } = open();
    for (let number = 0; number < 9990; number += 1) add(org(1), run(number), 1);
    for (let number = 0; number < 10; number += 1) add(org(2), run(20_000 + number), 1);
    const taken = takeAll();
    expect(taken).toHaveLength(10_000);
    expect(taken.findLastIndex(({ orgId }) => orgId === org(2))).toBe(19);
    expect(backlog.size()).toBe(0);
    expect(backlog.sources()).toEqual([]);
  });

  test('keep their turns while others come and go', () => {
    const { add, takeOne } = open();
    add(org(1), run(1), 3);
    expect(takeOne()?.runId).toBe(run(1));
    add(org(1), run(2), 1);
    // The large run was in line before, so it is its turn; then the newcomer's.
    expect([takeOne()?.runId, takeOne()?.runId, takeOne()?.runId]).toEqual([run(1), run(2), run(1)]);
    expect(takeOne()).toBeUndefined();
    add(org(1), run(2), 1);
    expect(takeOne()?.runId).toBe(run(2));
  });

  test('are taken by priority before anything else', () => {
    const { add, takeAll } = open();
    add(org(1), run(1), 2, 'low');
    add(org(1), run(2), 2, 'high');
    add(org(2), run(3), 1, 'medium');
    expect(takeAll().map(({ runId }) => runId)).toEqual([run(2), run(2), run(3), run(1), run(1)]);
  });

  test('wait once, however often they are put in line', () => {
    const { backlog, add, takeAll } = open();
    add(org(1), run(1), 2);
    add(org(1), run(1), 2);
    expect(backlog.size()).toBe(2);
    expect(takeAll()).toHaveLength(2);
    add(org(1), run(1), 1);
    expect(takeAll()).toHaveLength(1);
  });

  test('leave the line with their run, and others have their turns as before', () => {
    const { backlog, add, takeAll } = open();
    add(org(1), run(1), 2);
    add(org(1), run(2), 2);
    add(org(1), run(2), 3, 'low');
    add(org(2), run(3), 1);
    backlog.forget(org(1), run(2));
    backlog.forget(org(1), run(9));
    expect(backlog.size()).toBe(3);
    expect(takeAll().map(({ runId }) => runId)).toEqual([run(1), run(3), run(1)]);
  });

  test('keep nothing of thousands of runs that ended in line', () => {
    const { backlog, add, takeOne } = open();
    for (let number = 0; number < 20_000; number += 1) add(org(1), run(number), 1);
    for (let number = 0; number < 20_000; number += 1) backlog.forget(org(1), run(number));
    expect([backlog.size(), backlog.sources(), backlog.isAwaited('line')]).toEqual([0, [], false]);
    add(org(1), run(50_000), 1);
    add(org(2), run(50_001), 1);
    expect([takeOne()?.runId, takeOne()?.runId]).toEqual([run(50_000), run(50_001)]);
  });

  test('of a tenant who comes back have one turn, not two', () => {
    const { backlog, add, takeAll } = open();
    add(org(1), run(1), 1);
    add(org(2), run(2), 3);
    backlog.forget(org(1), run(1));
    add(org(1), run(4), 3);
    expect(takeAll().map(({ orgId }) => orgId)).toEqual([org(2), org(1), org(2), org(1), org(2), org(1)]);
  });
});
