import { expect, test } from 'vitest';
import { agentNumber, driveRun, type RunDriver } from '#server/testing/engine/drive-run.ts';
import type { Wait } from './engine/events.ts';
import type { Placement } from './engine/happenings.ts';
import type { GraphInput } from './graph/schema.ts';
import { type RunId, taskId } from './ids.ts';
import { type AgentView, routeTask } from './routing.ts';
import type { WaitCode } from './statuses.ts';
import { explainWait, unsaidWait } from './waiting.ts';

const ALONE: GraphInput = { stages: [{ key: 'a', type: 'echo' }] };
const AGENT = agentNumber(7);

/** Agents of these states, as routing sees them, with room for nothing more. */
const routed =
  (...states: AgentView['state'][]) =>
  (run: RunDriver): RunDriver['place'] =>
  (offer): Placement => {
    const agents = states.map(
      (state): AgentView => ({
        ...{
          id: AGENT,
          name: 'worker',
          transport: 'local',
          capabilities: new Set(['echo']),
          labels: new Set(),
        },
        ...{ state, maxConcurrency: 1, inFlight: 1, inLine: 0, failureShare: 0, latencyMs: null },
      }),
    );
    const stage = run.state.graph.stages[0]?.stage;
    if (!stage) throw new Error('no stage');
    return routeTask(stage, offer, agents, { shared: () => '', own: () => '' });
  };

interface Reason {
  /** Brings the run to where its task waits for it; `since` is the moment at which that begins. */
  arrive(): { run: RunDriver; since: number };
  /** By which a client can look up what blocks it. */
  ids(run: RunDriver): string[];
}

const started = (place?: (run: RunDriver) => RunDriver['place']): { run: RunDriver; since: number } => {
  const run = driveRun(ALONE);
  if (place) run.place = place(run);
  run.start();
  return { run, since: run.now };
};
/** It has waited for agents for a minute before the other reason comes. */
const later = (act: (run: RunDriver) => void) => (): { run: RunDriver; since: number } => {
  const { run } = started(routed('offline'));
  run.pass(60_000);
  act(run);
  return { run, since: run.now };
};
const waiting = (wait: Wait) =>
  later((run) => {
    run.place = () => ({ kind: 'wait', wait });
    run.pass(15_000, { full: true });
  });
/** An attempt that is under way and waits for somebody. */
const standing = (wait: Wait) => () => {
  const { run } = started();
  run.now += 20_000;
  run.tell({ type: 'stand-by', task: 0, epoch: 1, wait, moreMs: 3_600_000 });
  return { run, since: run.now };
};
const agentIds = () => [AGENT];
const none = () => [];

/** Each code has to be here: another one does not compile without it. */
const REASONS: Record<Exclude<WaitCode, 'dependency'>, Reason> = {
  'no-agent': { arrive: () => started(routed('offline')), ids: agentIds },
  'agents-full': {
    arrive: later((run) => {
      run.place = routed('online')(run);
      run.pass(15_000, { full: true });
    }),
    ids: agentIds,
  },
  'concurrency-key': { arrive: waiting({ code: 'concurrency-key', blockers: ['gpu'] }), ids: () => ['gpu'] },
  quota: { arrive: waiting({ code: 'quota', blockers: ['MAX'] }), ids: () => ['MAX'] },
  paused: { arrive: later((run) => run.tell({ type: 'pause' })), ids: ({ state }) => [state.id] },
  'retry-timer': {
    arrive() {
      const run = driveRun({
        stages: [
          {
            key: 'a',
            type: 'echo',
            retry: { maxAttempts: 2, initialSeconds: 3600, maxSeconds: 3600, jitter: 0 },
          },
        ],
      });
      run.start();
      run.now += 60_000;
      run.fail('a');
      return { run, since: run.now };
    },
    ids: none,
  },
  'given-back': {
    arrive() {
      const { run } = started();
      for (let epoch = 1; epoch <= 4; epoch += 1) {
        run.now += 60_000;
        if (run.task('a').status === 'ready') run.tell({ type: 'offer', task: 0 });
        run.tell({ type: 'release', task: 0, epoch, agent: run.agent });
      }
      return { run, since: run.now };
    },
    ids: none,
  },
  queue: {
    arrive: () => started(() => () => ({ kind: 'queue', queue: 'echo.task' })),
    ids: () => ['echo.task'],
  },
  unanswered: { arrive: standing({ code: 'unanswered', blockers: ['w'], ids: [AGENT] }), ids: agentIds },
  approval: {
    arrive: standing({ code: 'approval', blockers: ['ap_1', 'x', 'y'], ids: ['ap_1'] }),
    ids: () => ['ap_1'],
  },
  question: {
    arrive: standing({ code: 'question', blockers: ['q_1', 'x', 'y'], ids: ['q_1'] }),
    ids: () => ['q_1'],
  },
};

function explain(run: RunDriver) {
  const { wait, status, readyAt, dueAt, queue } = run.task('a');
  const unsaid = unsaidWait(status);
  const said = wait ?? (unsaid && { code: unsaid });
  if (!said) throw new Error(`it is ${status} and waits for nothing`);
  return explainWait(said, { capability: 'echo', since: readyAt, dueAt, queue, runId: run.state.id });
}

test.each(Object.entries(REASONS))(
  'a task that waits (%s) says why, since when, and by which ids what blocks it is found',
  (code, { arrive, ids }) => {
    const { run, since } = arrive();
    const told = explain(run);
    expect(told).toMatchObject({ code, since, blockerIds: ids(run) });
    expect(told.sentence).toMatch(/^.{15,}\.$/);
    expect(told.wayOut).toMatch(/^[A-Z].{10,}$/);
    // Being asked again, by people or by the clock, begins nothing anew.
    run.pass(100, { full: true });
    expect(explain(run)).toEqual(told);
  },
);

test('a task that waits for others names their tasks, since the run began', () => {
  const runId = 'run_0190000000007000800000000000f00d' as RunId;
  const upstream = [{ key: 'load', name: 'Load', id: taskId(runId, 0) }];
  const told = explainWait({ code: 'dependency' }, { capability: 'echo', since: 5, upstream, runId });
  expect(told).toMatchObject({ blockers: ['load'], blockerIds: [taskId(runId, 0)], since: 5 });
  expect(told.sentence).toBe('It waits for Load to end.');
});

test('a reason whose blockers change goes on, and one that comes after another begins', () => {
  const { run, since } = started(routed('offline'));
  run.place = () => ({ kind: 'wait', wait: { code: 'no-agent', blockers: ['worker', 'other'] } });
  run.pass(15_000, { full: true });
  expect(explain(run)).toMatchObject({ code: 'no-agent', since, blockers: ['worker', 'other'] });
  run.tell({ type: 'pause' });
  expect(explain(run)).toMatchObject({ code: 'paused', since: since + 15_000 });
  run.pass(5000);
  run.tell({ type: 'resume' });
  expect(explain(run)).toMatchObject({ code: 'no-agent', since: since + 20_000 });
});
