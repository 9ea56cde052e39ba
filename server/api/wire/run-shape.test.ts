import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AgentId, type PipelineId, type RunId, taskId, type VersionId } from '#server/domain/ids.ts';
import { TASK_STATUSES } from '#server/domain/statuses.ts';
import type { RunView, TaskView } from '#server/services/run/run-view.ts';
import { readShape } from '../../../components/runs/run-shape.ts';
import { presentRun } from './run.ts';
import { presentRunShape, runShapeSchema } from './run-shape.ts';

const BODY = '01a22d6910c3700093a2538e9bb835a5';
const RUN = `run_${BODY}` as RunId;
const BORN = Date.UTC(2026, 10, 30, 23, 59, 59, 500);

const at = fc.option(fc.integer({ min: -5, max: 90_000_000 }).map((ms) => new Date(BORN + ms)));
const stage = fc.record({
  stageKey: fc.constantFrom('load', 'sort'),
  name: fc.constantFrom('load', 'sort', 'Sort them'),
  capability: fc.constantFrom('echo', 'output'),
  after: fc.array(fc.nat(3), { maxLength: 2 }),
  status: fc.constantFrom(...TASK_STATUSES),
  attempt: fc.nat(3),
  agentId: fc.option(fc.constant(`agent_${BODY}` as AgentId)),
  progress: fc.constantFrom(0, 0.25, 1),
  readyAt: at,
  startedAt: at,
  finishedAt: at,
  error: fc.option(fc.constant({ class: 'agent', code: 'AGENT_FAILED', message: 'It broke.' } as const)),
  skip: fc.option(fc.constantFrom('condition', 'run-failing')),
  waiting: fc.option(
    fc.constant({
      ...{ code: 'dependency', sentence: 'It follows load.', blockers: ['load'], blockerIds: ['task_1'] },
      ...{ since: BORN, wayOut: 'Wait.' },
    } as const),
  ),
  isSensitive: fc.boolean(),
});

const viewOf = (stages: readonly object[]): RunView =>
  ({
    ...{ id: RUN, pipelineId: `pipe_${BODY}` as PipelineId, versionId: `ver_${BODY}` as VersionId },
    ...{ status: 'running', seq: 7, progress: 0.5, tasksTotal: stages.length, tasksLeft: 1, trigger: 'api' },
    ...{ error: null, errorGroup: null, replayOf: null, replayFrom: null },
    ...{ createdAt: new Date(BORN), finishedAt: null, updatedAt: new Date(BORN + 5), deadlineAt: null },
    ...{ input: null, parameters: { deep: { a: 1 } }, metadata: {} },
    tasks: stages.map(
      (fields, index) =>
        ({ ...fields, id: taskId(RUN, index), index, epoch: 1, output: null, routing: null }) as TaskView,
    ),
  }) as unknown as RunView;

test('a run that travelled as columns is the run as it is told otherwise', () => {
  fc.assert(
    fc.property(fc.array(stage, { maxLength: 40 }), (stages) => {
      const run = viewOf(stages);
      const sent = JSON.stringify(presentRunShape(run));
      expect(readShape(runShapeSchema.parse(JSON.parse(sent)) as never)).toEqual(presentRun(run));
    }),
  );
});

test('a long run whose stages all went well is told in a few bytes each', () => {
  const one = { stageKey: 'a', name: 'a', capability: 'echo', after: [], status: 'succeeded', attempt: 1 };
  const rest = { agentId: null, progress: 1, readyAt: null, startedAt: null, finishedAt: null };
  const quiet = { error: null, skip: null, waiting: null, isSensitive: false };
  const stages = Array.from({ length: 10_000 }, (_, place) => ({
    ...{ ...one, ...rest, ...quiet },
    ...{ stageKey: `s${place}`, name: `s${place}` },
  }));
  expect(JSON.stringify(presentRunShape(viewOf(stages))).length / stages.length).toBeLessThan(15);
});
