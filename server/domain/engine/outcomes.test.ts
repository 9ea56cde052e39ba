import { describe, expect, test } from 'vitest';
import { agentNumber, driveRun } from '#server/testing/engine/drive-run.ts';
import { type GraphInput, graphSchema } from '../graph/schema.ts';
import type { Placement } from './happenings.ts';
import { mayRetry, retryDelayMs } from './retry.ts';

type StageInput = GraphInput['stages'][number];

const alone = (more: Partial<StageInput> = {}): GraphInput => ({
  stages: [{ key: 'a', type: 'echo', ...more }],
});
const queued = (): Placement => ({ kind: 'queue', queue: 'echo.task' });
const retryOf = (retry: StageInput['retry']) => {
  const [stage] = graphSchema.parse(alone({ retry })).stages;
  if (!stage) throw new Error('no stage');
  return stage.retry;
};

describe('the pause before another attempt', () => {
  const policy = retryOf({ maxAttempts: 9, initialSeconds: 2, maxSeconds: 10, jitter: 0.5 });

  test('doubles from attempt to attempt up to its limit', () => {
    expect([1, 2, 3, 4, 90].map((attempt) => retryDelayMs(policy, attempt, 0))).toEqual([
      2000, 4000, 8000, 10_000, 10_000,
    ]);
  });

  test('stays the same where that is asked for', () => {
    const fixed = { ...policy, backoff: 'fixed' as const };
    expect([1, 2, 9].map((attempt) => retryDelayMs(fixed, attempt, 0))).toEqual([2000, 2000, 2000]);
  });

  test('is shorter by up to the share that is chance', () => {
    expect([0, 0.5, 1].map((random) => retryDelayMs(policy, 1, random))).toEqual([2000, 1500, 1000]);
  });

  test('comes only for the classes of the policy, and while attempts are left', () => {
    const error = (errorClass: 'agent' | 'invalid-input') => ({ class: errorClass, code: 'X', message: '' });
    expect(mayRetry(policy, 8, error('agent'))).toBe(true);
    expect(mayRetry(policy, 9, error('agent'))).toBe(false);
    expect(mayRetry(policy, 1, error('invalid-input'))).toBe(false);
  });
});

describe('attempts', () => {
  test('a failed one is kept, waits for its timer, and the last one decides', () => {
    const run = driveRun(alone({ retry: { maxAttempts: 2, initialSeconds: 4, jitter: 0 } }));
    run.start();
    run.fail('a');
    expect(run.last?.ended).toMatchObject([{ how: 'failed', task: { epoch: 1 }, error: { code: 'BROKEN' } }]);
    expect(run.task('a')).toMatchObject({
      status: 'retrying',
      dueAt: run.now + 4000,
      wait: { code: 'retry-timer' },
    });
    run.pass(3999);
    expect(run.task('a').status).toBe('retrying');
    run.pass(1);
    expect(run.task('a')).toMatchObject({
      status: 'running',
      epoch: 2,
      attempt: 2,
      error: null,
      readyAt: run.now,
    });
    run.fail('a');
    expect(run.task('a')).toMatchObject({ status: 'failed', attempt: 2 });
  });

  test('an error that no other attempt would mend is final at once', () => {
    const run = driveRun(alone({ retry: { maxAttempts: 5 } }));
    run.start();
    run.fail('a', { class: 'invalid-input' });
    expect(run.task('a').status).toBe('failed');
  });

  test('a person can spare it the timer, and asking for anything else is refused', () => {
    const run = driveRun(alone({ retry: { maxAttempts: 2 } }));
    run.start();
    expect(run.tell({ type: 'retry-now', task: 0 })[0]).toMatchObject({ ok: false, code: 'NOT_ALLOWED' });
    run.fail('a');
    expect(run.tell({ type: 'retry-now', task: 0 })[0]).toEqual({ ok: true });
    expect(run.task('a')).toMatchObject({ status: 'running', epoch: 2 });
    expect(run.tell({ type: 'retry-now', task: 7 })[0]).toMatchObject({ ok: false });
  });

  test('an output that breaks its schema is a failed attempt and says where', () => {
    const outputSchema = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } };
    const run = driveRun(
      alone({ outputSchema, retry: { maxAttempts: 2, on: ['invalid-output'], jitter: 0 } }),
    );
    run.start();
    run.succeed('a', { n: 'many' });
    expect(run.task('a')).toMatchObject({ status: 'retrying', error: { code: 'OUTPUT_SCHEMA' } });
    expect(run.task('a').error?.message).toContain('n:');
    run.pass(1000);
    run.succeed('a', { n: 1 });
    expect(run.task('a')).toMatchObject({ status: 'succeeded', output: { n: 1 }, error: null });
  });

  test('an output may ask for another attempt, whatever the policy says of its class, until none is left', () => {
    const run = driveRun(alone({ retry: { maxAttempts: 2, on: [], whenOutput: 'output.again', jitter: 0 } }));
    run.start();
    run.succeed('a', { again: true });
    expect(run.task('a').status).toBe('retrying');
    run.pass(1000);
    run.succeed('a', { again: true });
    expect(run.task('a')).toMatchObject({ status: 'failed', error: { code: 'RETRY_ASKED' } });
  });

  test('an agent cannot ask for one by the code of its error', () => {
    const run = driveRun(alone({ retry: { maxAttempts: 5, on: [] } }));
    run.start();
    run.fail('a', { code: 'RETRY_ASKED' });
    expect(run.task('a').status).toBe('failed');
  });
});

describe('time limits', () => {
  test('in the queue: final, as another attempt would stand in the same line', () => {
    const run = driveRun(alone({ timeouts: { queueSeconds: 20 }, retry: { maxAttempts: 5 } }), {
      place: () => ({ kind: 'wait', wait: { code: 'no-agent' } }),
    });
    run.start();
    run.place = queued;
    run.pass(15_000);
    expect(run.task('a')).toMatchObject({ status: 'queued', queueBy: run.now + 5000 });
    run.pass(5000);
    expect(run.task('a')).toMatchObject({
      status: 'failed',
      error: { class: 'timeout', code: 'QUEUE_TIMEOUT' },
    });
  });

  test('in the queue: counted anew for every attempt and after every loss', () => {
    const run = driveRun(alone({ timeouts: { queueSeconds: 20 }, retry: { maxAttempts: 2, jitter: 0 } }));
    run.start();
    expect(run.task('a').queueBy).toBeNull();
    run.place = () => ({ kind: 'wait', wait: { code: 'agents-full' } });
    run.pass(30_000);
    expect(run.task('a')).toMatchObject({ status: 'ready', losses: 1, queueBy: run.now + 20_000 });
    run.place = () => ({ kind: 'start', agent: run.agent });
    run.tell({ type: 'offer', task: 0 });
    run.fail('a');
    run.place = queued;
    run.pass(1000);
    expect(run.task('a')).toMatchObject({ status: 'queued', attempt: 2, queueBy: run.now + 20_000 });
  });

  test('for the first sign of life, then between two of them', () => {
    const run = driveRun(alone({ timeouts: { firstHeartbeatSeconds: 2, idleSeconds: 7 } }));
    run.start();
    expect(run.task('a').dueAt).toBe(run.now + 2000);
    run.tell({ type: 'beat', task: 0, epoch: 1, agent: run.agent });
    expect(run.task('a').dueAt).toBe(run.now + 7000);
    run.pass(7000);
    expect(run.task('a')).toMatchObject({ losses: 1, epoch: 2 });
  });

  test('for one attempt: a failed one, however lively the agent is', () => {
    const run = driveRun(alone({ timeouts: { stageSeconds: 40 }, retry: { maxAttempts: 2, jitter: 0 } }));
    run.start();
    run.pass(20_000);
    run.tell({ type: 'beat', task: 0, epoch: 1, agent: run.agent });
    run.pass(20_000);
    expect(run.task('a')).toMatchObject({ status: 'retrying', error: { code: 'STAGE_TIMEOUT' }, losses: 0 });
  });
});

describe('losses', () => {
  test('are not charged, go to the next agent, and make poison of the task when there are too many', () => {
    const run = driveRun(alone(), { defaults: { maxLosses: 3, leaseMs: 1000 } });
    run.start();
    run.pass(1000);
    expect(run.last?.ended).toMatchObject([{ how: 'lost', error: { code: 'AGENT_LOST' } }]);
    expect(run.task('a')).toMatchObject({ status: 'running', epoch: 2, attempt: 1, losses: 1 });
    run.pass(1000);
    run.pass(1000);
    expect(run.task('a')).toMatchObject({
      status: 'failed',
      losses: 2,
      error: { class: 'lost', code: 'POISON' },
    });
  });

  test('a process that is gone gives back what it held, at no charge and no loss', () => {
    const run = driveRun(alone());
    run.start();
    run.pass(1, { full: true, gone: new Set([agentNumber(9)]) });
    expect(run.task('a').epoch).toBe(1);
    run.pass(1, { full: true, gone: new Set([run.agent]) });
    expect(run.task('a')).toMatchObject({ status: 'running', epoch: 2, attempt: 1, losses: 0 });
  });
});

describe('leases', () => {
  test('one who takes from a queue gets the lease, again when it asks twice, and nobody else does', () => {
    const run = driveRun(alone(), { place: queued });
    run.start();
    const accept = { type: 'accept', task: 0, epoch: 1, agent: run.agent } as const;
    const task = { epoch: 1, leaseUntil: run.now + 30_000, stop: false };
    expect(run.tell(accept, accept)).toEqual([
      { ok: true, task },
      { ok: true, repeated: true, task },
    ]);
    expect(run.tell({ ...accept, agent: agentNumber(2) }, { ...accept, epoch: 2 })).toMatchObject([
      { code: 'STALE_EPOCH' },
      { code: 'STALE_EPOCH' },
    ]);
    expect(run.task('a')).toMatchObject({ status: 'running', attempt: 1, epoch: 1, agent: run.agent });
  });

  test('work of a queue that is answered at once has been started and ended', () => {
    const run = driveRun(alone(), { place: queued });
    run.start();
    run.succeed('a');
    expect(run.last?.events.map(({ type }) => type)).toEqual(['task.succeeded', 'run.succeeded']);
    const named = driveRun(alone(), { place: queued });
    named.start();
    named.answer('a', { status: 'succeeded', output: 1 }, { agent: named.agent });
    expect(named.last?.events.map(({ type }) => type)).toEqual([
      'task.started',
      'task.succeeded',
      'run.succeeded',
    ]);
  });

  test('a sign of life moves the lease and is no event; progress is one, and only goes up', () => {
    const run = driveRun(alone());
    run.start();
    run.now += 10_000;
    const beat = { type: 'beat', task: 0, epoch: 1, agent: run.agent } as const;
    run.tell(beat);
    expect(run.last?.events).toEqual([]);
    expect(run.task('a').dueAt).toBe(run.now + 30_000);
    run.tell({ ...beat, progress: 0.5, note: 'half' }, { ...beat, progress: 0.4 }, { ...beat, progress: 7 });
    run.tell({ ...beat, progress: 8 });
    expect(run.events.filter(({ type }) => type === 'task.progressed')).toEqual([
      { type: 'task.progressed', task: 0, progress: 0.5, note: 'half' },
      { type: 'task.progressed', task: 0, progress: 1 },
    ]);
  });

  test('signs of life of others, of earlier hand-outs and for what nobody holds are refused', () => {
    const run = driveRun(alone({ retry: { maxAttempts: 2 } }));
    run.start();
    const beat = { type: 'beat', task: 0, epoch: 1, agent: run.agent } as const;
    const others = [
      { ...beat, agent: agentNumber(2) },
      { ...beat, epoch: 0 },
      { ...beat, task: 5 },
    ];
    expect(run.tell(...others)).toMatchObject([
      { code: 'HELD_BY_ANOTHER' },
      { code: 'STALE_EPOCH' },
      { code: 'STALE_EPOCH' },
    ]);
    run.fail('a');
    expect(run.tell(beat)).toMatchObject([{ code: 'NOT_HELD' }]);
    expect(run.last?.touched.size).toBe(0);
  });

  test('what is given back is ready again at no charge', () => {
    const run = driveRun(alone());
    run.start();
    const release = { type: 'release', task: 0, epoch: 1, agent: run.agent } as const;
    expect(run.tell({ ...release, agent: agentNumber(2) }, { ...release, epoch: 4 })).toMatchObject([
      { code: 'HELD_BY_ANOTHER' },
      { code: 'STALE_EPOCH' },
    ]);
    run.tell(release);
    expect(run.task('a')).toMatchObject({ status: 'ready', attempt: 0, losses: 0, epoch: 1 });
    expect(run.last?.ended).toMatchObject([{ how: 'released' }]);
    expect(run.tell(release)).toMatchObject([{ code: 'NOT_HELD' }]);
  });

  test.each(['release', 'cancelled'] as const)(
    'an agent that gives it back for ever (%s) gets it ever more rarely, at no charge',
    (how) => {
      const run = driveRun(alone());
      run.start();
      const end = run.now + 3_600_000;
      let handOuts = 0;
      while (run.now < end) {
        const { status, epoch, dueAt } = run.task('a');
        if (status === 'running') {
          handOuts += 1;
          if (how === 'cancelled') run.answer('a', { status: 'cancelled' });
          else run.tell({ type: 'release', task: 0, epoch, agent: run.agent });
        }
        run.pass(status === 'retrying' && dueAt !== null ? dueAt - run.now : 1);
      }
      // Three at once, six while the pause doubles, and then one a minute.
      expect(handOuts).toBeGreaterThan(60);
      expect(handOuts).toBeLessThan(75);
      expect(run.task('a')).toMatchObject({ attempt: expect.toBeOneOf([0, 1]), losses: 0 });
    },
  );

  test('what was given back once too often says so, can be tried at once, and hears its answer twice', () => {
    const run = driveRun(alone());
    run.start();
    const release = (epoch: number) => ({ type: 'release' as const, task: 0, epoch, agent: run.agent });
    for (let epoch = 1; epoch <= 3; epoch += 1) {
      run.tell(release(epoch));
      run.tell({ type: 'offer', task: 0 });
    }
    run.answer('a', { status: 'cancelled' });
    expect(run.task('a')).toMatchObject({
      status: 'retrying',
      attempt: 0,
      dueAt: run.now + 1000,
      wait: { code: 'given-back' },
      error: { code: 'GIVEN_BACK', message: expect.stringContaining('4 times') },
    });
    expect(run.answer('a', { status: 'cancelled' })).toEqual({ ok: true, repeated: true });
    expect(run.succeed('a')).toMatchObject({ code: 'STALE_EPOCH' });
    expect(run.fail('a')).toMatchObject({ code: 'STALE_EPOCH' });
    run.tell({ type: 'retry-now', task: 0 });
    expect(run.task('a')).toMatchObject({ status: 'running', attempt: 1, error: null });
    run.succeed('a');
    expect(run.state.status).toBe('succeeded');
  });

  test('what its process took with it was not given back, however often', () => {
    const run = driveRun(alone());
    run.start();
    for (let time = 0; time < 20; time += 1) {
      run.pass(1, { gone: new Set([run.agent]), full: true });
      expect(run.task('a').status).toBe('running');
    }
  });

  test('an agent that stops by itself has given it back', () => {
    const run = driveRun(alone());
    run.start();
    run.answer('a', { status: 'cancelled' });
    expect(run.task('a')).toMatchObject({ status: 'ready', attempt: 0 });
  });
});

describe('answers that come late or twice', () => {
  const lateWorld = () => {
    const run = driveRun(alone({ retry: { maxAttempts: 3, jitter: 0 } }), { defaults: { leaseMs: 1000 } });
    run.start();
    run.place = () => ({ kind: 'start', agent: agentNumber(2) });
    run.pass(1000);
    return run;
  };

  test('one of an earlier hand-out changes nothing, whatever it says and whoever says it', () => {
    const run = lateWorld();
    for (const agent of [agentNumber(1), agentNumber(2), null]) {
      const reply = run.answer('a', { status: 'succeeded', output: 'old' }, { epoch: 1, agent });
      expect(reply).toMatchObject({ ok: false, code: 'STALE_EPOCH' });
      expect(run.last?.touched.size).toBe(0);
    }
    run.succeed('a', 'new');
    expect(run.task('a').output).toBe('new');
  });

  test('one of somebody who does not hold it is refused', () => {
    const run = lateWorld();
    expect(run.answer('a', { status: 'succeeded', output: 1 }, { agent: agentNumber(1) })).toMatchObject({
      code: 'HELD_BY_ANOTHER',
    });
  });

  test('the same answer again is a repetition, another one is refused: it has not counted', () => {
    const run = lateWorld();
    run.succeed('a', 1);
    expect(run.succeed('a', 1)).toEqual({ ok: true, repeated: true });
    expect(run.succeed('a', 2)).toMatchObject({ ok: false, code: 'STALE_EPOCH' });
    expect(run.task('a').output).toBe(1);
    expect(run.fail('a')).toMatchObject({ ok: false, code: 'STALE_EPOCH' });
    const failed = lateWorld();
    failed.fail('a');
    expect(failed.fail('a')).toEqual({ ok: true, repeated: true });
    expect(failed.succeed('a')).toMatchObject({ ok: false, code: 'STALE_EPOCH' });
  });

  test('a success after the time limit has not counted, and is told so', () => {
    const run = driveRun(alone({ timeouts: { stageSeconds: 1 } }));
    run.start();
    run.pass(1000);
    expect(run.state.status).toBe('failed');
    expect(run.succeed('a')).toMatchObject({ ok: false, code: 'STALE_EPOCH' });
  });
});
