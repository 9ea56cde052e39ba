import { describe, expect, test } from 'vitest';
import { agentNumber, driveRun, makeGraph } from '#server/testing/engine/drive-run.ts';
import type { GraphInput } from '../graph/schema.ts';
import { makeId } from '../ids.ts';
import { RECHECK_MS } from './evolve.ts';
import type { Placement } from './happenings.ts';

type StageInput = GraphInput['stages'][number];

const stage = (key: string, more: Partial<StageInput> = {}): StageInput => ({ key, type: 'echo', ...more });
const ALONE: GraphInput = { stages: [stage('a')] };
const CHAIN: GraphInput = {
  stages: [stage('a'), stage('b'), stage('c')],
  dependencies: [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'c' },
  ],
};
const full = (): Placement => ({ kind: 'wait', wait: { code: 'agents-full', blockers: ['worker'] } });

describe('starting', () => {
  test('a chain runs stage by stage, each given the output before it', () => {
    const run = driveRun(CHAIN, { input: 'first' });
    run.start();
    expect(run.last?.inputs.get(0)).toBe('first');
    run.succeed('a', 1);
    expect(run.last?.inputs.get(1)).toBe(1);
    run.succeed('b', 2);
    run.succeed('c', 3);
    expect(run.state).toMatchObject({ status: 'succeeded', left: 0, open: 0, wakeAt: null });
    expect(run.events.map(({ type }) => type)).toEqual([
      'run.started',
      ...Array(3).fill(['task.started', 'task.succeeded']).flat(),
      'run.succeeded',
    ]);
  });

  test('a second start is a repetition and changes nothing', () => {
    const run = driveRun(ALONE);
    run.start();
    expect(run.start()).toEqual({ ok: true, repeated: true });
    expect(run.state.seq).toBe(2);
  });

  test('a replay takes over outputs and goes on behind them, whatever order they come in', () => {
    const from = makeId('run', 'f'.repeat(32));
    const run = driveRun(CHAIN);
    const reuse = [1, 0, 1, 99].map((task) => ({ task, from, output: `old ${task}` }));
    run.tell({ type: 'start', reuse });
    expect(run.statuses()).toEqual({ a: 'succeeded', b: 'succeeded', c: 'running' });
    expect(run.last?.inputs.get(2)).toBe('old 1');
    expect(run.task('a')).toMatchObject({ epoch: 0, attempt: 0, agent: null });
  });

  test('a replay that takes over every output is over at once', () => {
    const run = driveRun(ALONE);
    run.tell({ type: 'start', reuse: [{ task: 0, from: makeId('run', 'f'.repeat(32)), output: 1 }] });
    expect(run.state.status).toBe('succeeded');
  });
});

describe('failures', () => {
  test.each([
    [{}, 'failed', 'cancelled'],
    [{ onFailure: 'skip-dependents' }, 'failed', 'succeeded'],
    [{ onFailure: 'continue' }, 'failed', 'succeeded'],
    [{ required: false }, 'succeeded', 'succeeded'],
    [{ required: false, onFailure: 'fail-run' }, 'failed', 'cancelled'],
    [{ required: false, onFailure: 'skip-dependents' }, 'succeeded', 'succeeded'],
  ] as const)('of a stage with %j: the run has %s, its neighbour was %s', (policy, verdict, neighbour) => {
    const run = driveRun({ stages: [stage('a', policy), stage('other')] });
    run.start();
    run.fail('a');
    if (run.task('other').status === 'running') run.succeed('other');
    expect([run.state.status, run.task('other').status]).toEqual([verdict, neighbour]);
  });

  test('a handler of failure runs in a lost run, with its retries, and what hangs on its success does not', () => {
    const run = driveRun({
      stages: [stage('a'), stage('notify', { retry: { maxAttempts: 2, jitter: 0 } }), stage('after')],
      dependencies: [
        { from: 'a', to: 'notify', when: 'failure' },
        { from: 'notify', to: 'after' },
      ],
    });
    run.start();
    run.fail('a');
    run.fail('notify');
    expect(run.task('notify').status).toBe('retrying');
    run.pass(1000);
    run.succeed('notify');
    expect(run.task('after')).toMatchObject({ status: 'skipped', skip: 'run-failing' });
    expect(run.state).toMatchObject({ status: 'failed', error: { code: 'BROKEN' } });
  });

  test('the deadline fails the run, and only handlers go on', () => {
    const run = driveRun(
      { stages: [stage('a'), stage('tidy')], dependencies: [{ from: 'a', to: 'tidy', when: 'always' }] },
      { deadlineAt: 1_010_000 },
    );
    run.start();
    run.pass(9999);
    expect(run.state.failing).toBeNull();
    run.pass(1);
    expect(run.statuses()).toEqual({ a: 'cancelled', tidy: 'running' });
    run.succeed('tidy');
    expect(run.state).toMatchObject({ status: 'failed', error: { code: 'RUN_DEADLINE' } });
  });

  test('an input that could be built once and no longer can be fails the next attempt', () => {
    const graph = { stages: [stage('a', { input: 'input.x', retry: { maxAttempts: 2, jitter: 0 } })] };
    const run = driveRun(graph, { input: { x: 1 } });
    run.start();
    run.fail('a');
    // As a newer evaluator may judge what an older one let pass.
    const broken = makeGraph({ stages: [{ ...graph.stages[0], input: 'input.y.z' } as StageInput] });
    run.replaceGraph(broken);
    run.pass(1000);
    expect(run.task('a')).toMatchObject({ status: 'failed', error: { code: 'EXPRESSION_FAILED' } });
    expect(run.unplaced).toEqual([0]);
  });
});

describe('placing', () => {
  test('what nobody can take says why, and asking again in vain writes nothing', () => {
    const run = driveRun(ALONE, { place: full });
    run.start();
    expect(run.task('a')).toMatchObject({ status: 'ready', attempt: 0, wait: { code: 'agents-full' } });
    expect(run.state.wakeAt).toBe(run.now + RECHECK_MS);
    run.pass(RECHECK_MS);
    expect(run.last?.touched.size).toBe(0);
    expect(run.state.wakeAt).toBe(run.now + RECHECK_MS);
    run.place = () => ({ kind: 'wait', wait: { code: 'no-agent' } });
    run.pass(RECHECK_MS);
    expect(run.last?.events).toEqual([
      { type: 'task.waiting', task: 0, wait: { code: 'no-agent', since: run.now } },
    ]);
  });

  test('a tick that comes early does not put off the next look', () => {
    const run = driveRun(ALONE, { place: full });
    run.start();
    const { wakeAt } = run.state;
    run.pass(RECHECK_MS - 1);
    expect(run.state.wakeAt).toBe(wakeAt);
  });

  test('room that has come free is offered to what waits, and to nothing else', () => {
    const run = driveRun(CHAIN, { place: full });
    run.start();
    run.place = () => ({ kind: 'start', agent: run.agent });
    run.tell({ type: 'offer', task: 1 }, { type: 'offer', task: 0 }, { type: 'offer', task: 0 });
    expect(run.task('a')).toMatchObject({ status: 'running', epoch: 1 });
    expect(run.offers).toHaveLength(2);
  });

  test('the placement hears who had it last', () => {
    const run = driveRun({ stages: [stage('a', { retry: { maxAttempts: 2, jitter: 0 } })] });
    run.start();
    run.pass(30_000);
    expect(run.offers[1]).toMatchObject({ lastAgent: run.agent, attempt: 1 });
    run.fail('a');
    run.pass(1000);
    expect(run.offers[2]).toMatchObject({ lastAgent: run.agent, attempt: 2 });
  });

  test('it waits since its attempt ended, and not since it first could run', () => {
    const run = driveRun({ stages: [stage('a', { retry: { maxAttempts: 2, jitter: 0 } })] });
    run.start();
    run.pass(30_000);
    run.fail('a');
    expect(run.task('a')).toMatchObject({ status: 'retrying', readyAt: run.now, startedAt: null });
    run.pass(1000);
    expect(run.task('a')).toMatchObject({ status: 'running', readyAt: run.now, startedAt: run.now });
  });
});

describe('pausing', () => {
  test('what is out goes on, what would start waits, and no clock makes the run fall due', () => {
    const run = driveRun({
      ...CHAIN,
      stages: [stage('a'), stage('b', { timeouts: { queueSeconds: 5 } }), stage('c')],
    });
    run.start();
    run.tell({ type: 'pause' });
    run.succeed('a');
    expect(run.task('b')).toMatchObject({
      status: 'ready',
      wait: { code: 'paused' },
      queueBy: null,
      dueAt: null,
    });
    run.pass(3_600_000);
    expect(run.state).toMatchObject({ status: 'paused', wakeAt: null });
    run.tell({ type: 'resume' });
    expect(run.statuses()).toEqual({ a: 'succeeded', b: 'running', c: 'pending' });
  });

  test('a task that was lost, given back or due again meanwhile waits for the end of the pause', () => {
    const run = driveRun({
      stages: [stage('lost'), stage('back'), stage('again', { retry: { maxAttempts: 2, jitter: 0 } })],
    });
    run.start();
    run.fail('again');
    run.tell({ type: 'pause' });
    run.tell({ type: 'release', task: 1, epoch: 1, agent: run.agent });
    run.pass(30_000);
    expect(run.statuses()).toEqual({ lost: 'ready', back: 'ready', again: 'ready' });
    expect(run.state.wakeAt).toBeNull();
    run.tell({ type: 'resume' });
    expect(run.statuses()).toEqual({ lost: 'running', back: 'running', again: 'running' });
  });

  test('it holds back a retry that somebody asks for, too', () => {
    const run = driveRun({ stages: [stage('a', { retry: { maxAttempts: 2 } })] });
    run.start();
    run.fail('a');
    run.tell({ type: 'pause' }, { type: 'retry-now', task: 0 });
    expect(run.task('a').wait?.code).toBe('paused');
  });

  test('pausing and resuming twice are repetitions, and neither is possible in a run that is being cancelled', () => {
    const run = driveRun(ALONE);
    run.start();
    expect(run.tell({ type: 'resume' }, { type: 'pause' }, { type: 'pause' })).toEqual([
      { ok: true, repeated: true },
      { ok: true },
      { ok: true, repeated: true },
    ]);
    run.tell({ type: 'cancel', graceMs: 1000 });
    expect(run.tell({ type: 'pause' }, { type: 'resume' })).toMatchObject([
      { ok: false, code: 'NOT_ALLOWED' },
      { ok: false, code: 'NOT_ALLOWED' },
    ]);
  });

  test('the deadline counts on, and the last answer ends a paused run', () => {
    const late = driveRun(ALONE, { deadlineAt: 1_005_000 });
    late.start();
    late.tell({ type: 'pause' });
    late.pass(5000);
    expect(late.state).toMatchObject({ status: 'failed', error: { code: 'RUN_DEADLINE' } });
    const done = driveRun(ALONE);
    done.start();
    done.tell({ type: 'pause' });
    done.succeed('a');
    expect(done.state.status).toBe('succeeded');
  });
});

describe('cancelling', () => {
  test('agents have until the grace ends, the rest stops at once, and nothing more starts', () => {
    const run = driveRun(CHAIN);
    run.start();
    run.tell({ type: 'cancel', graceMs: 5000 });
    expect(run.statuses()).toEqual({ a: 'running', b: 'cancelled', c: 'cancelled' });
    expect(run.tell({ type: 'beat', task: 0, epoch: 1, agent: run.agent })[0]).toMatchObject({
      task: { stop: true },
    });
    run.pass(4999);
    expect(run.state.status).toBe('cancelling');
    run.pass(1);
    expect(run.state).toMatchObject({ status: 'cancelled', wakeAt: null, forceAt: null });
  });

  test.each([
    ['stops', { status: 'cancelled' }, 'cancelled'],
    ['was done', { status: 'succeeded', output: 1 }, 'succeeded'],
    ['failed', { status: 'failed', error: { class: 'agent', code: 'X', message: 'x' } }, 'failed'],
  ] as const)('an agent that %s is heard, and the run was cancelled', (_, outcome, status) => {
    const run = driveRun({ stages: [stage('a', { retry: { maxAttempts: 3 } })] });
    run.start();
    run.tell({ type: 'cancel', graceMs: 5000 });
    run.answer('a', outcome);
    expect([run.task('a').status, run.state.status]).toEqual([status, 'cancelled']);
  });

  test('what is given back, lost or left by a process that is gone is not handed out again', () => {
    const run = driveRun({ stages: ['back', 'lost', 'gone'].map((key) => stage(key)) });
    run.start();
    run.tell({ type: 'cancel', graceMs: 60_000 });
    run.tell({ type: 'release', task: 0, epoch: 1, agent: run.agent });
    expect(run.task('back').status).toBe('cancelled');
    run.tell({ type: 'beat', task: 2, epoch: 1, agent: run.agent });
    run.pass(30_000);
    expect(run.statuses()).toEqual({ back: 'cancelled', lost: 'cancelled', gone: 'cancelled' });
    expect(run.offers).toHaveLength(3);
  });

  test('a process that is gone holds nothing up', () => {
    const run = driveRun(ALONE);
    run.start();
    run.tell({ type: 'cancel', graceMs: 60_000 });
    run.pass(1, { full: true, gone: new Set([run.agent]) });
    expect(run.state.status).toBe('cancelled');
  });

  test('a shorter grace counts, a longer one does not', () => {
    const run = driveRun(ALONE);
    run.start();
    run.tell({ type: 'cancel', graceMs: 60_000 });
    expect(run.tell({ type: 'cancel', graceMs: 90_000 })[0]).toEqual({ ok: true, repeated: true });
    expect(run.tell({ type: 'cancel', graceMs: 0 })[0]).toEqual({ ok: true });
    expect(run.state.status).toBe('cancelled');
  });

  test('a deadline that passes meanwhile neither fails the run nor wakes it again and again', () => {
    const run = driveRun(ALONE, { deadlineAt: 1_001_000 });
    run.start();
    run.tell({ type: 'cancel', graceMs: 20_000 });
    run.pass(2000);
    expect(run.state).toMatchObject({ status: 'cancelling', failing: null });
    expect(run.state.wakeAt).toBeGreaterThan(run.now);
  });

  test('a paused run can be cancelled, with all that waits in it', () => {
    const run = driveRun(CHAIN, { place: full });
    run.start();
    run.tell({ type: 'pause' }, { type: 'cancel', graceMs: 5000 });
    expect(run.state.status).toBe('cancelled');
  });
});

describe('what comes too late', () => {
  test('a run that has ended in the middle of a batch is over for the rest of it', () => {
    const run = driveRun(ALONE);
    run.start();
    const outcome = { status: 'succeeded', output: 1 } as const;
    const replies = run.tell(
      { type: 'result', task: 0, epoch: 1, agent: run.agent, outcome },
      { type: 'cancel', graceMs: 0 },
      { type: 'result', task: 0, epoch: 1, agent: run.agent, outcome },
      { type: 'result', task: 0, epoch: 1, agent: agentNumber(9), outcome },
      { type: 'tick', full: true },
      { type: 'beat', task: 0, epoch: 1, agent: run.agent },
    );
    expect(run.state.status).toBe('succeeded');
    expect(replies).toMatchObject([
      { ok: true },
      { ok: false, code: 'RUN_OVER' },
      { ok: true, repeated: true },
      { ok: false, code: 'HELD_BY_ANOTHER' },
      { ok: true, repeated: true },
      { ok: false, code: 'RUN_OVER' },
    ]);
  });
});

describe('size', () => {
  const SIZE = 10_000;
  const chainOf = (first: StageInput): GraphInput => ({
    stages: Array.from({ length: SIZE }, (_, at) => (at === 0 ? first : stage(`s${at}`))),
    dependencies: Array.from({ length: SIZE - 1 }, (_, at) => ({ from: `s${at}`, to: `s${at + 1}` })),
  });

  test('a skip runs down 10,000 stages without a stack', { timeout: 20_000 }, () => {
    const run = driveRun(chainOf(stage('s0', { condition: 'false' })), { checked: false });
    run.start();
    expect(run.state).toMatchObject({ status: 'succeeded', left: 0 });
    expect(run.task(`s${SIZE - 1}`).skip).toBe('branch-not-taken');
  });

  test('a failure stops 10,000 siblings in one step', { timeout: 20_000 }, () => {
    const run = driveRun(
      {
        stages: Array.from({ length: SIZE }, (_, at) => stage(`s${at}`)),
      },
      { checked: false },
    );
    run.start();
    expect(run.state.open).toBe(SIZE);
    run.fail('s5000');
    expect(run.state).toMatchObject({ status: 'failed', left: 0, open: 0 });
    expect(run.last?.touched.size).toBe(SIZE);
  });

  test('10,000 that wait are asked for again without a row being written', { timeout: 20_000 }, () => {
    const run = driveRun(
      { stages: Array.from({ length: SIZE }, (_, at) => stage(`s${at}`)) },
      { checked: false, place: full },
    );
    run.start();
    run.pass(RECHECK_MS);
    expect(run.offers).toHaveLength(2 * SIZE);
    expect(run.last?.touched.size).toBe(0);
  });
});
