import type { StoredRun } from '#server/coordinator/commands.ts';
import type { TaskState } from '#server/domain/engine/state.ts';
import { toUuid } from '#server/domain/ids.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import type { Launch } from './launch.ts';
import { type RunView, type TaskShape, toRunView } from './run-view.ts';

type Told = Pick<Launch, 'metadata' | 'trigger'>;

/** A run as its birth has left it, without a look at the rows; null where only they can say it. */
export function viewOfBirth({ state, writtenMs }: StoredRun, { metadata, trigger }: Told): RunView | null {
  // What its error counts as is worked out where it is written.
  if (isRunOver(state.status)) return null;
  const { graph, failing, error, input, parameters, status, seq } = state;
  const run = {
    ...{ id: toUuid(state.id), versionId: toUuid(state.versionId), status, seq, failing, error },
    pipelineId: state.pipelineId && toUuid(state.pipelineId),
    ...{ input, parameters, metadata, trigger, errorGroup: null, replayOf: null, replayFrom: null },
    ...{ tasksTotal: graph.stages.length, tasksLeft: state.left },
    deadlineAt: timeOf(state.deadlineAt),
    createdAt: new Date(state.startedAt),
    finishedAt: null,
    updatedAt: new Date(writtenMs),
  };
  return toRunView(
    run,
    state.tasks.flatMap((task) => (task ? [shapeOf(task)] : [])),
    graph,
  );
}

const timeOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

const shapeOf = ({ agent, readyAt, startedAt, finishedAt, dueAt, ...task }: TaskState): TaskShape => ({
  ...task,
  agentId: agent && toUuid(agent),
  readyAt: timeOf(readyAt),
  startedAt: timeOf(startedAt),
  finishedAt: timeOf(finishedAt),
  dueAt: timeOf(dueAt),
  output: task.output ?? null,
});
