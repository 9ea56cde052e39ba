import { describe, expect, test } from 'vitest';
import { driveRun, type RunDriver } from '#server/testing/engine/drive-run.ts';
import type { Dependency, GraphInput } from '../graph/schema.ts';
import { ENGINE_DEFAULTS } from './happenings.ts';

type StageInput = GraphInput['stages'][number];

const stage = (key: string, more: Partial<StageInput> = {}): StageInput => ({ key, type: 'echo', ...more });

/** `a` comes to its end in one of the ways, and `b` hangs on it by one dependency. */
function judgeEdge(when: Dependency['when'], a: Partial<StageInput>, end: (run: RunDriver) => void): string {
  const run = driveRun({
    stages: [stage('a', a), stage('b')],
    dependencies: [{ from: 'a', to: 'b', when }],
  });
  run.start();
  end(run);
  const { status, skip } = run.task('b');
  return skip ? `${status}: ${skip}` : status;
}

const succeeds = (run: RunDriver) => void run.succeed('a', { n: 5 });
const fails = (run: RunDriver) => void run.fail('a');
const nothing = () => undefined;

describe('what a dependency says of its upstream', () => {
  test.each([
    ['success', {}, succeeds, 'running'],
    ['failure', {}, succeeds, 'skipped: branch-not-taken'],
    ['always', {}, succeeds, 'running'],
    ['success', {}, fails, 'skipped: run-failing'],
    ['failure', {}, fails, 'running'],
    ['always', {}, fails, 'running'],
    ['success', { onFailure: 'continue' }, fails, 'running'],
    ['success', { required: false }, fails, 'running'],
    ['success', { onFailure: 'skip-dependents' }, fails, 'skipped: upstream-failed'],
    ['failure', { onFailure: 'skip-dependents' }, fails, 'running'],
    ['always', { onFailure: 'skip-dependents' }, fails, 'running'],
    ['success', { condition: 'false' }, nothing, 'skipped: branch-not-taken'],
    ['failure', { condition: 'false' }, nothing, 'skipped: branch-not-taken'],
    ['always', { condition: 'false' }, nothing, 'running'],
    [{ expression: 'stages.a.output.n > 4' }, {}, succeeds, 'running'],
    [{ expression: 'stages.a.output.n > 5' }, {}, succeeds, 'skipped: branch-not-taken'],
    [{ expression: "stages.a.status == 'failed'" }, {}, fails, 'running'],
    [{ expression: "stages.a.error.code == 'BROKEN'" }, { required: false }, fails, 'running'],
    [{ expression: 'true' }, { condition: 'false' }, nothing, 'skipped: branch-not-taken'],
  ] as const)('%j after %j', (...[when, a, end, expected]) => {
    expect(judgeEdge(when, a, end)).toBe(expected);
  });

  test('an expression that fails is a failure of the task that it leads to', () => {
    const run = driveRun({
      stages: [stage('a'), stage('b', { onFailure: 'continue' })],
      dependencies: [{ from: 'a', to: 'b', when: { expression: 'stages.a.output.missing > 1' } }],
    });
    run.start();
    run.succeed('a', {});
    expect(run.task('b')).toMatchObject({
      status: 'failed',
      error: { class: 'invalid-input', code: 'EXPRESSION_FAILED' },
    });
    expect(run.state.status).toBe('failed');
  });

  const lacking = (expression: string, end: (run: RunDriver) => void): RunDriver => {
    const run = driveRun({
      stages: [stage('a', { required: false }), stage('b', { condition: 'false' }), stage('c')],
      dependencies: [
        { from: 'a', to: 'c', when: { expression } },
        { from: 'b', to: 'a', when: 'always' },
      ],
    });
    run.start();
    end(run);
    return run;
  };

  test.each([
    ['stages.a.output.n > 4', fails, 'the output of a, which has failed'],
    ['stages.a.output > 4', fails, 'the output of a, which has failed'],
    ['size(stages.a.output.items) > 0 || false', fails, 'the output of a, which has failed'],
    ['stages.a.output.items.exists(i, i.x)', fails, 'the output of a, which has failed'],
    ['cel.bind(o, stages.a.output, o.n > 4)', fails, 'the output of a, which has failed'],
    ['stages.a.status == "failed" && stages.b.output.n > 1', fails, 'the output of b, which was skipped'],
    ['stages.a.error.code == "BROKEN"', succeeds, 'the error of a, which has succeeded'],
  ])(
    '%s leaves its branch untaken where a stage has come to nothing of the kind, and says so',
    (expression, end, why) => {
      const run = lacking(expression, end);
      expect(run.task('c')).toMatchObject({ status: 'skipped', skip: 'branch-not-taken' });
      expect(run.events).toContainEqual({
        type: 'task.skipped',
        task: run.index('c'),
        reason: 'branch-not-taken',
        why: `The branch was not taken: its expression needs ${why} and has none.`,
      });
      expect(run.state.status).toBe('succeeded');
    },
  );

  test.each([
    ['stages.a.output.missing > 1', succeeds],
    ['input.missing.field == 1 || stages.a.status == 5', fails],
    ['stages.a.output == null && input.missing.field', fails],
    ['stages.a.status > 5', fails],
    ['stages.a.error.missing == 1', fails],
  ])('%s is a mistake all the same', (expression, end) => {
    const run = lacking(expression, end);
    expect(run.task('c')).toMatchObject({ status: 'failed', error: { code: 'EXPRESSION_FAILED' } });
  });

  test('what no expression has asked of a failed stage can still be asked whether it is there', () => {
    expect(lacking('stages.a.output == null', fails).task('c').status).toBe('running');
    expect(lacking('!has(stages.a.output.n)', fails).task('c').status).toBe('running');
  });

  test('an expression says nothing of an upstream that was skipped because of a failure: it blocks', () => {
    const run = driveRun({
      stages: [stage('a', { onFailure: 'skip-dependents' }), stage('b'), stage('c')],
      dependencies: [
        { from: 'a', to: 'b' },
        { from: 'b', to: 'c', when: { expression: 'true' } },
      ],
    });
    run.start();
    run.fail('a');
    expect(run.task('c')).toMatchObject({ status: 'skipped', skip: 'upstream-failed' });
  });
});

describe('joins', () => {
  const branch = (n: number) => {
    const run = driveRun({
      stages: ['decide', 'high', 'low', 'join'].map((key) => stage(key)),
      dependencies: [
        { from: 'decide', to: 'high', when: { expression: 'stages.decide.output.n > 10' } },
        { from: 'decide', to: 'low', when: { expression: 'stages.decide.output.n <= 10' } },
        { from: 'high', to: 'join' },
        { from: 'low', to: 'join' },
      ],
    });
    run.start();
    run.succeed('decide', { n });
    return run;
  };

  test('a join behind a branch runs although the other arm was not taken', () => {
    const run = branch(11);
    expect(run.statuses()).toMatchObject({ high: 'running', low: 'skipped', join: 'pending' });
    run.succeed('high', 'up');
    expect(run.task('join').status).toBe('running');
    expect(run.last?.inputs.get(run.index('join'))).toEqual({ high: 'up', low: null });
    run.succeed('join');
    expect(run.state.status).toBe('succeeded');
  });

  test('a join waits for the last of its upstream and starts once', () => {
    const run = driveRun({
      stages: ['a', 'b', 'c', 'join'].map((key) => stage(key)),
      dependencies: ['a', 'b', 'c'].map((from) => ({ from, to: 'join' })),
    });
    run.start();
    run.tell(
      ...['c', 'a', 'b'].map((key) => ({
        type: 'result' as const,
        task: run.index(key),
        epoch: 1,
        agent: run.agent,
        outcome: { status: 'succeeded' as const, output: key },
      })),
    );
    expect(run.events.filter((event) => event.type === 'task.started' && event.task === 3)).toHaveLength(1);
    expect(run.last?.inputs.get(3)).toEqual({ a: 'a', b: 'b', c: 'c' });
  });

  test('one blocked dependency is enough to skip, and the skip goes on down the line', () => {
    const run = driveRun({
      stages: [
        stage('a'),
        stage('b', { onFailure: 'skip-dependents', required: false }),
        stage('c'),
        stage('d'),
      ],
      dependencies: [
        { from: 'a', to: 'c' },
        { from: 'b', to: 'c' },
        { from: 'c', to: 'd' },
      ],
    });
    run.start();
    run.fail('b');
    run.succeed('a');
    expect(run.task('c').skip).toBe('upstream-failed');
    expect(run.task('d').skip).toBe('upstream-failed');
    expect(run.state.status).toBe('succeeded');
  });

  test('a join of which no arm was taken is skipped, and a run of skipped stages only has succeeded', () => {
    const run = driveRun({
      stages: [stage('a', { condition: 'false' }), stage('b', { condition: 'false' }), stage('join')],
      dependencies: ['a', 'b'].map((from) => ({ from, to: 'join' })),
    });
    run.start();
    expect(run.statuses()).toEqual({ a: 'skipped', b: 'skipped', join: 'skipped' });
    expect(run.state).toMatchObject({ status: 'succeeded', wakeAt: null });
  });
});

describe('conditions of stages', () => {
  test('they read the input, the parameters and what came before', () => {
    const run = driveRun(
      { stages: [stage('a', { condition: 'input.wanted' }), stage('b', { condition: '!input.wanted' })] },
      { input: { wanted: true } },
    );
    run.start();
    expect(run.statuses()).toEqual({ a: 'running', b: 'skipped' });
    expect(run.task('b').skip).toBe('condition-false');
  });

  test('what gives neither true nor false fails and says so, as does what cannot be evaluated', () => {
    const run = driveRun(
      {
        stages: [
          stage('text', { condition: 'input.answer', required: false }),
          stage('broken', { condition: 'input.nothing.at.all', required: false }),
        ],
      },
      { input: { answer: 'yes' } },
    );
    run.start();
    expect(run.task('text')).toMatchObject({
      status: 'failed',
      skip: null,
      error: {
        message: expect.stringContaining('It gives a value of type string, and must give true or false.'),
      },
    });
    expect(run.task('broken').error?.code).toBe('EXPRESSION_FAILED');
    expect(run.state.status).toBe('succeeded');
  });

  test('an input that cannot be built fails the task before anybody is given it', () => {
    const run = driveRun({ stages: [stage('a', { input: { x: 'input.nothing.at.all' } })] });
    run.start();
    expect(run.task('a')).toMatchObject({ status: 'failed', epoch: 0, error: { code: 'EXPRESSION_FAILED' } });
    expect(run.unplaced).toEqual([0]);
    expect(run.state.status).toBe('failed');
  });
});

describe('time', () => {
  test('what follows is never written down as earlier, though another process with a slower clock decides it', () => {
    const run = driveRun({
      stages: [stage('a'), stage('b'), stage('c')],
      dependencies: [
        { from: 'a', to: 'b' },
        { from: 'b', to: 'c' },
      ],
    });
    run.start();
    run.now += 1000;
    run.succeed('a');
    const { finishedAt } = run.task('a');
    run.now -= 400;
    run.succeed('b');
    expect(run.task('b')).toMatchObject({ startedAt: finishedAt, finishedAt });
    expect(run.task('c').startedAt).toBe(finishedAt);
    // What falls due is still counted by the clock of whoever decides.
    expect(run.task('c').dueAt).toBe(run.now + ENGINE_DEFAULTS.leaseMs);
    run.now += 500;
    run.succeed('c');
    expect(run.state).toMatchObject({ finishedAt: run.now, movedAt: run.now });
  });
});
