import type { CompiledGraph } from '../graph/compile.ts';
import { tagOfLabel } from '../run-labels.ts';
import {
  isRunFailure,
  isRunSuccess,
  isTaskCancelled,
  isTaskFailure,
  isTaskSuccess,
  type RunStatus,
  type TaskStatus,
} from '../statuses.ts';
import { criticalPath } from './critical-path.ts';
import { count } from './histogram.ts';
import { createLedger, type Entry, type Ledger, RUN_SHAPE, TASK_SHAPE } from './ledger.ts';

/** A run that has ended, with its tasks, as the tables have them: bare ids, times in milliseconds. */
export interface EndedRun {
  pipelineId: string | null;
  versionId: string;
  status: RunStatus;
  errorGroup: string | null;
  labels: readonly string[];
  createdAt: number;
  finishedAt: number;
  tasks: readonly EndedTask[];
  /** Those that were followed by others. */
  attempts: readonly EndedAttempt[];
}

export interface EndedTask {
  index: number;
  stageKey: string;
  capability: string;
  status: TaskStatus;
  /** How often it was handed out. */
  epoch: number;
  agentId: string | null;
  readyAt: number | null;
  startedAt: number | null;
  finishedAt: number | null;
}

export interface EndedAttempt {
  index: number;
  agentId: string | null;
  ended: string;
  startedAt: number | null;
  finishedAt: number;
}

export interface Ledgers {
  runs: Ledger<typeof RUN_SHAPE>;
  tasks: Ledger<typeof TASK_SHAPE>;
}

export const createLedgers = (): Ledgers => ({
  runs: createLedger(RUN_SHAPE),
  tasks: createLedger(TASK_SHAPE),
});

/** Counts one run: once for all, and once for each agent that worked on it and each tag of its own. */
export function foldRun(ledgers: Ledgers, run: EndedRun, graph: Pick<CompiledGraph, 'incoming'>): void {
  const tags = ['', ...new Set(run.labels.flatMap((label) => tagOfLabel(label) ?? []))];
  const agents = new Set([...run.tasks, ...run.attempts].flatMap(({ agentId }) => agentId ?? []));
  for (const tag of tags) countRun(ledgers.runs, run, { agentId: null, tag });
  for (const agentId of agents) countRun(ledgers.runs, run, { agentId, tag: '' });
  const path = criticalPath(run.tasks, graph);
  for (const tag of tags) foldTasks(ledgers.tasks, run, { tag, path });
}

function countRun(
  ledger: Ledgers['runs'],
  run: EndedRun,
  { agentId, tag }: { agentId: string | null; tag: string },
): void {
  const { counts, histograms } = ledger.entryOf({
    pipeline_id: run.pipelineId,
    version_id: run.versionId,
    agent_id: agentId,
    tag,
    error_group: isRunFailure(run.status) ? (run.errorGroup ?? '') : '',
  });
  if (isRunSuccess(run.status)) {
    counts.succeeded += 1;
    // How long it took until it failed or was called off says nothing of how long the work takes.
    count(histograms.durations, run.finishedAt - run.createdAt);
  } else if (isRunFailure(run.status)) counts.failed += 1;
  else counts.cancelled += 1;
}

function foldTasks(
  ledger: Ledgers['tasks'],
  run: EndedRun,
  { tag, path }: { tag: string; path: ReadonlyMap<number, number> },
): void {
  const byIndex = new Map(run.tasks.map((task) => [task.index, task]));
  const entryOf = (task: EndedTask, agentId: string | null) =>
    ledger.entryOf({
      pipeline_id: run.pipelineId,
      version_id: run.versionId,
      stage_key: task.stageKey,
      capability: task.capability,
      agent_id: agentId,
      tag,
    });
  for (const task of run.tasks) countTask(entryOf(task, task.agentId), task, path.get(task.index) ?? 0);
  for (const attempt of run.attempts) {
    const task = byIndex.get(attempt.index);
    if (task) countAttempt(entryOf(task, attempt.agentId), attempt);
  }
}

function countTask(
  { counts, histograms }: Entry<typeof TASK_SHAPE>,
  task: EndedTask,
  criticalMs: number,
): void {
  counts.critical_ms += Math.round(criticalMs);
  // Passed over, taken over from an earlier run, or called off before anybody saw it: nobody worked on it.
  if (task.epoch === 0) return;
  counts.tasks += 1;
  counts.attempts += 1;
  if (isTaskSuccess(task.status)) counts.succeeded += 1;
  else if (isTaskCancelled(task.status)) counts.cancelled += 1;
  else if (isTaskFailure(task.status)) {
    counts.failed += 1;
    counts.failed_attempts += 1;
  }
  if (task.startedAt === null) return;
  if (task.readyAt !== null) count(histograms.waits, task.startedAt - task.readyAt);
  if (task.finishedAt === null) return;
  counts.busy_ms += Math.round(task.finishedAt - task.startedAt);
  if (isTaskSuccess(task.status)) count(histograms.times, task.finishedAt - task.startedAt);
}

function countAttempt({ counts }: Entry<typeof TASK_SHAPE>, attempt: EndedAttempt): void {
  // status-words: how an attempt ended; what was given back counts for nobody.
  if (attempt.ended === 'released') return;
  counts.attempts += 1;
  // status-words: as above.
  if (attempt.ended === 'lost') counts.lost_attempts += 1;
  else counts.failed_attempts += 1;
  if (attempt.startedAt !== null) counts.busy_ms += Math.round(attempt.finishedAt - attempt.startedAt);
}
