import { describe, expect, test } from 'vitest';
import { driveRun } from '#server/testing/engine/drive-run.ts';
import type { GraphInput } from '../graph/schema.ts';

type StageInput = GraphInput['stages'][number];

const alone = (more: Partial<StageInput> = {}): GraphInput => ({
  stages: [{ key: 'a', type: 'echo', ...more }],
});

describe('an attempt that waits for people', () => {
  const wait = { code: 'question' as const, blockers: ['mcpq_1'] };
  const standBy = (run: ReturnType<typeof driveRun>, more: object) =>
    run.tell({ type: 'stand-by', task: 0, epoch: 1, wait, moreMs: 86_400_000, ...more })[0];

  test('has a named wait, and the time of its stage stands still', () => {
    const run = driveRun(alone({ timeouts: { stageSeconds: 60, idleSeconds: 3600 } }));
    run.start();
    run.pass(20_000);
    expect(standBy(run, {})).toMatchObject({ ok: true });
    expect(run.task('a')).toMatchObject({ status: 'running', wait: { ...wait, since: run.now } });
    run.pass(3_000_000);
    expect(run.task('a').status).toBe('running');
    standBy(run, { wait: null, moreMs: 3_000_000 - 86_400_000 });
    expect(run.task('a')).toMatchObject({ wait: null, stopBy: run.now + 40_000 });
    run.pass(40_000);
    expect(run.task('a')).toMatchObject({ status: 'failed', error: { code: 'STAGE_TIMEOUT' } });
  });

  test('is looked at again and again, so that whoever waits long is told of', () => {
    const run = driveRun(alone({ timeouts: { idleSeconds: 3600 } }));
    run.start();
    standBy(run, {});
    run.pass(0, { full: true });
    expect(run.state.wakeAt).toBeLessThanOrEqual(run.now + 15_000);
  });

  test('holds nothing over to the next hand-out, which an old word does not reach', () => {
    const run = driveRun(alone());
    run.start();
    standBy(run, {});
    run.pass(0, { gone: new Set([run.agent]), full: true });
    expect(run.task('a')).toMatchObject({ status: 'running', epoch: 2, wait: null });
    expect(standBy(run, { wait: null })).toMatchObject({ ok: false, code: 'STALE_EPOCH' });
    expect(standBy(run, { epoch: 2, wait: null })).toEqual({ ok: true, repeated: true });
  });

  test('for an agent that has not answered goes on at its next sign of life, however much time its stage had left', () => {
    const run = driveRun(alone({ timeouts: { stageSeconds: 60 } }));
    run.start();
    const { stopBy } = run.task('a');
    standBy(run, { wait: { code: 'unanswered', blockers: ['slow'] }, moreMs: 0 });
    run.pass(2000);
    expect(run.task('a')).toMatchObject({ wait: { code: 'unanswered' }, stopBy });
    run.tell({ type: 'beat', task: 0, epoch: 1, agent: run.agent });
    expect(run.task('a')).toMatchObject({ status: 'running', wait: null, stopBy });
    standBy(run, {});
    run.tell({ type: 'beat', task: 0, epoch: 1, agent: run.agent });
    expect(run.task('a').wait, 'people are waited for all the same').toMatchObject(wait);
  });

  test('is called off with its run', () => {
    const run = driveRun(alone());
    run.start();
    standBy(run, {});
    run.tell({ type: 'cancel', graceMs: 0 });
    expect(run.task('a')).toMatchObject({ status: 'cancelled', wait: null });
    expect(standBy(run, { wait: null })).toMatchObject({ ok: false });
  });
});
