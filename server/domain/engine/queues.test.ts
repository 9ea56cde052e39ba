import { describe, expect, test } from 'vitest';
import { agentNumber, driveRun } from '#server/testing/engine/drive-run.ts';
import type { GraphInput } from '../graph/schema.ts';
import type { Placement } from './happenings.ts';

const ALONE: GraphInput = { stages: [{ key: 'a', type: 'echo' }] };
const queued = (): Placement => ({ kind: 'queue', queue: 'echo.task' });

describe('queues', () => {
  test('a message that is gone is sent again under the same hand-out', () => {
    const run = driveRun(ALONE, { place: queued });
    run.start();
    run.pass(60_000, { emptyQueues: new Set(['other']) });
    expect(run.last?.events).toEqual([]);
    run.pass(60_000, { emptyQueues: new Set(['echo.task']) });
    expect(run.last?.events).toMatchObject([{ type: 'task.queued', epoch: 1, queue: 'echo.task' }]);
    expect(run.last?.inputs.has(0)).toBe(true);
    expect(run.task('a')).toMatchObject({ attempt: 1, dueAt: run.now + 60_000 });
  });

  test('one that lies in the memory of another process is sent again to whoever looks for it, unless it is on its way', () => {
    const run = driveRun(ALONE, { place: queued });
    run.start();
    const ask = { type: 'send-again', task: 0, epoch: 1 } as const;
    run.pass(999);
    expect(run.tell(ask)).toEqual([{ ok: true, repeated: true }]);
    expect(run.last?.events).toEqual([]);
    run.pass(1);
    expect(run.tell(ask)).toEqual([{ ok: true }]);
    expect(run.last?.events).toMatchObject([{ type: 'task.queued', epoch: 1, queue: 'echo.task' }]);
    expect(run.last?.inputs.has(0)).toBe(true);
    expect(run.tell(ask)).toEqual([{ ok: true, repeated: true }]);
    run.tell({ type: 'accept', task: 0, epoch: 1, agent: agentNumber(1) });
    run.pass(5000);
    expect(run.tell(ask)).toMatchObject([{ ok: false, code: 'STALE_EPOCH' }]);
    expect(run.task('a')).toMatchObject({ status: 'running', epoch: 1, attempt: 1 });
  });

  test('an old message of the queue gets nobody the task that was put there anew', () => {
    const run = driveRun(ALONE, { place: queued });
    run.start();
    const accept = { type: 'accept', task: 0, epoch: 1, agent: run.agent } as const;
    run.tell(accept, { ...accept, type: 'release' });
    expect(run.task('a')).toMatchObject({ status: 'ready', epoch: 1 });
    run.tell({ type: 'offer', task: 0 });
    expect(run.task('a')).toMatchObject({ status: 'queued', epoch: 2 });
    expect(run.tell(accept)).toMatchObject([{ ok: false, code: 'STALE_EPOCH' }]);
    expect(run.task('a')).toMatchObject({ status: 'queued', epoch: 2, agent: null });
    expect(run.tell({ ...accept, epoch: 2 })).toMatchObject([{ ok: true }]);
  });

  describe('whose agents are gone', () => {
    const inQueue = () => {
      const timeouts = { queueSeconds: 600 };
      const run = driveRun({ stages: [{ key: 'a', type: 'echo', timeouts }] }, { place: queued });
      run.start();
      run.isServed = () => false;
      return run;
    };

    test('give what lies there to another, as a new hand-out of the same attempt', () => {
      const run = inQueue();
      const { queueBy } = run.task('a');
      run.place = () => ({ kind: 'queue', queue: 'other.task', routing: { reason: 'the best' } });
      run.pass(60_000);
      expect(run.offers.at(-1)).toMatchObject({ attempt: 1, isOut: true });
      expect(run.task('a')).toMatchObject({
        status: 'queued',
        queue: 'other.task',
        epoch: 2,
        attempt: 1,
        queueBy,
      });
      expect(run.task('a').routing).toEqual({ reason: 'the best' });
      run.place = () => ({ kind: 'start', agent: agentNumber(2) });
      run.pass(60_000);
      expect(run.task('a')).toMatchObject({ status: 'running', agent: agentNumber(2), epoch: 3, attempt: 1 });
      // Whoever comes back and finds the old message there is told.
      const late = { type: 'accept', task: 0, epoch: 1, agent: agentNumber(1) } as const;
      expect(run.tell(late)).toMatchObject([{ ok: false, code: 'STALE_EPOCH' }]);
    });

    test('at once when every task is looked at, else when it is due', () => {
      const run = inQueue();
      run.place = () => ({ kind: 'start', agent: agentNumber(2) });
      run.pass(1000);
      expect(run.task('a')).toMatchObject({ status: 'queued', epoch: 1 });
      run.pass(0, { full: true });
      expect(run.task('a')).toMatchObject({ status: 'running', epoch: 2 });
    });

    test('keep it while there is nobody else, and say so until somebody is back', () => {
      const run = inQueue();
      const wait = { code: 'no-agent', blockers: ['worker'] } as const;
      run.place = () => ({ kind: 'wait', wait: { ...wait, blockers: [...wait.blockers] } });
      run.pass(60_000);
      expect(run.task('a')).toMatchObject({ status: 'queued', queue: 'echo.task', epoch: 1, wait });
      run.pass(60_000);
      expect(run.last?.events).toEqual([]);
      run.isServed = () => true;
      run.pass(60_000);
      expect(run.task('a')).toMatchObject({ status: 'queued', epoch: 1, wait: { code: 'queue' } });
      run.tell({ type: 'accept', task: 0, epoch: 1, agent: agentNumber(1) });
      expect(run.task('a')).toMatchObject({ status: 'running', attempt: 1, wait: null });
    });

    test('are left alone while the run is paused', () => {
      const run = inQueue();
      run.tell({ type: 'pause' });
      run.place = () => ({ kind: 'start', agent: agentNumber(2) });
      run.pass(60_000);
      expect(run.task('a')).toMatchObject({ status: 'queued', epoch: 1, wait: null });
    });
  });
});
