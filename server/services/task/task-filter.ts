import { z } from 'zod';
import { invalid, type SignalboxError } from '#server/domain/errors.ts';
import { capabilitySchema, stageKeySchema } from '#server/domain/graph/schema.ts';
import { idSchema } from '#server/domain/ids.ts';
import {
  isRunOver,
  isRunSuccess,
  isTaskOver,
  isTaskSkipped,
  isTaskSuccess,
  RUN_STATUSES,
  type RunStatus,
  TASK_STATUSES,
  type TaskStatus,
  WAIT_CODES,
} from '#server/domain/statuses.ts';
import { asksForFailed, statesOf, TASK_WORDS } from '#server/domain/task-words.ts';
import { type RunFilter, runFilterFields } from '../run/run-filter.ts';
import type { TaskAsked } from '../run/task-conditions.ts';

const {
  pipelineId,
  version,
  versionId,
  createdAfter,
  createdBefore,
  finishedAfter,
  finishedBefore,
  minDurationMs,
  maxDurationMs,
  tag,
  agentId,
  trigger,
  errorGroup,
  metadata,
} = runFilterFields;

/** A stage that waits for others is in no list: it is no task yet. */
export const TASK_WAITS = WAIT_CODES.filter((code) => code !== 'dependency');

/** What tasks are looked for by. All that is given must be true of a task, or of its run. */
export const taskFilterFields = {
  /** Only those that were submitted on their own, or those of all runs. Left out: on their own, unless it is asked for what only tasks of runs differ in. */
  standalone: z.boolean().optional(),
  over: z.boolean().optional(),
  status: z.array(z.enum(TASK_WORDS)).max(TASK_WORDS.length).optional(),
  state: z.array(z.enum(TASK_STATUSES)).max(TASK_STATUSES.length).optional(),
  capability: capabilitySchema.optional(),
  stage: stageKeySchema.optional(),
  waiting: z.array(z.enum(TASK_WAITS)).max(TASK_WAITS.length).optional(),
  runId: idSchema('run').optional(),
  /** The beginning of its id. */
  idPrefix: z
    .string()
    .regex(/^(task_)?[0-9a-f]{1,32}$/, 'must be the beginning of a task id')
    .optional(),
  startedAfter: createdAfter,
  startedBefore: createdBefore,
  ...{ pipelineId, version, versionId, tag, agentId, trigger, errorGroup, metadata },
  ...{ createdAfter, createdBefore, finishedAfter, finishedBefore, minDurationMs, maxDurationMs },
};
const taskFilterSchema = z.strictObject(taskFilterFields);
export type TaskFilter = z.output<typeof taskFilterSchema>;

/** A task on its own is a run of one stage that was begun so. */
const TRIGGER = 'task';

/** What is asked of the runs, and what of each of their tasks. */
export interface TaskSearch {
  isStandalone: boolean;
  runs: RunFilter;
  tasks: TaskAsked;
}

export function searchOf(filter: TaskFilter): TaskSearch {
  const { runId, version: number, versionId: ofVersion, trigger: begun, stage, standalone } = filter;
  const isOfRuns = (runId ?? number ?? ofVersion ?? begun ?? stage) !== undefined;
  const isStandalone = standalone ?? !isOfRuns;
  if (isStandalone && (number !== undefined || (begun ?? TRIGGER) !== TRIGGER)) throw ofNoPipeline();
  const tasks = tasksAsked(filter);
  return isStandalone
    ? { isStandalone, runs: runsOfTheirOwn(filter, tasks), tasks: asTheirRuns(filter, tasks) }
    : { isStandalone, runs: runsOfTasks(filter, tasks), tasks };
}

function tasksAsked(filter: TaskFilter): TaskAsked {
  const { over, state } = filter;
  const states = TASK_STATUSES.filter(
    (status) => (over === undefined || isTaskOver(status) === over) && (state?.includes(status) ?? true),
  );
  return {
    words: filter.status,
    states: states.length === TASK_STATUSES.length ? undefined : states,
    key: filter.stage,
    type: filter.capability,
    agentId: filter.agentId,
    startedAfter: filter.startedAfter,
    startedBefore: filter.startedBefore,
    finishedAfter: filter.finishedAfter,
    finishedBefore: filter.finishedBefore,
    minDurationMs: filter.minDurationMs,
    maxDurationMs: filter.maxDurationMs,
    waiting: filter.waiting,
  };
}

/** What is the same of a task on its own and of its run is asked of the run, which has indexes of it. */
const asTheirRuns = ({ pipelineId: named, metadata: label }: TaskFilter, asked: TaskAsked): TaskAsked => ({
  ...asked,
  ...{ finishedAfter: undefined, finishedBefore: undefined },
  ...{ minDurationMs: undefined, maxDurationMs: undefined },
  // Runs are asked for one label.
  runLabel: named === undefined ? undefined : label,
});

function runsAsked(filter: TaskFilter): RunFilter {
  const { startedBefore, finishedBefore: endedBefore, idPrefix, runId } = filter;
  const beginnings = [filter.createdBefore, later(startedBefore), later(endedBefore)];
  return {
    ...{ version: filter.version, versionId: filter.versionId, pipelineId: filter.pipelineId },
    ...{ tag: filter.tag, agentId: filter.agentId, errorGroup: filter.errorGroup },
    createdAfter: filter.createdAfter,
    createdBefore: earliest(beginnings.filter((time) => time !== undefined)),
    idPrefix: runId ?? idPrefix?.replace('task_', 'run_'),
  };
}

function runsOfTheirOwn(filter: TaskFilter, asked: TaskAsked): RunFilter {
  const { pipelineId: named, finishedAfter: since, finishedBefore: until } = filter;
  return {
    ...runsAsked(filter),
    pipelineId: undefined,
    trigger: TRIGGER,
    // The one that was named when it was submitted.
    metadata: named === undefined ? filter.metadata : `pipeline_id=${named}`,
    status: statusesOf(asked, mayEndSo),
    ...{ finishedAfter: since, finishedBefore: until },
    ...{ minDurationMs: filter.minDurationMs, maxDurationMs: filter.maxDurationMs },
  };
}

const runsOfTasks = (filter: TaskFilter, asked: TaskAsked): RunFilter => ({
  ...runsAsked(filter),
  ...{ metadata: filter.metadata, trigger: filter.trigger },
  status: statusesOf(asked, () => true),
});

/** Which runs may have such a task, for whom there are indexes; undefined: all. What goes on is of a run that goes on. */
function statusesOf(
  { words, states = TASK_STATUSES, waiting }: TaskAsked,
  isEndOf: (task: TaskStatus, run: RunStatus) => boolean,
): RunStatus[] | undefined {
  const byWord = words?.flatMap(statesOf) ?? TASK_STATUSES;
  const wanted = states.filter(
    (status) => byWord.includes(status) && (waiting === undefined || !isTaskOver(status)),
  );
  // A task that was passed over as others had failed counts as one of those.
  const others = words && asksForFailed(words) ? states.filter(isTaskSkipped) : [];
  const found = RUN_STATUSES.filter((run) =>
    [...wanted, ...others].some((task) =>
      isTaskOver(task) ? !isRunOver(run) || isEndOf(task, run) : !isRunOver(run),
    ),
  );
  return found.length === RUN_STATUSES.length ? undefined : found;
}

/** A run of one task that did not succeed does not succeed; one that is called off may have done its task. */
const mayEndSo = (task: TaskStatus, run: RunStatus): boolean => isTaskSuccess(task) || !isRunSuccess(run);

/** Clocks are asked at other moments of one step: a run may seem to be born after its task was started. */
const SLACK_MS = 60_000;
const later = (time: string | undefined): string | undefined =>
  time === undefined ? undefined : new Date(Date.parse(time) + SLACK_MS).toISOString();

const earliest = (times: readonly string[]): string | undefined =>
  [...times].sort((one, other) => Date.parse(one) - Date.parse(other))[0];

function ofNoPipeline(): SignalboxError {
  return invalid(
    'A task on its own has the trigger task, and no version of a pipeline.',
    undefined,
    'Leave out standalone, or what only tasks of pipelines have.',
  );
}
