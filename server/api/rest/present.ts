import type { ReportAnswer } from '#server/domain/reports.ts';
import type { AgentState } from '#server/domain/routing.ts';
import type { TaskStatus } from '#server/domain/statuses.ts';
import type { Waiting } from '#server/domain/waiting.ts';
import type { AgentListItem } from '#server/services/agent/list.ts';
import type { PipelineListItem } from '#server/services/pipeline/list.ts';
import type { PipelineView, VersionView } from '#server/services/pipeline/pipeline-view.ts';
import type { DeadLetter } from '#server/services/queue/dead-letters.ts';
import type { RunSummary, RunView, TaskView } from '#server/services/run/run-view.ts';
import type { LogLine, TaskDetail } from '#server/services/task/get.ts';

/** The API's words for a task, which were there before ours. */
const TASK_WORD: Record<TaskStatus, 'pending' | 'running' | 'completed' | 'failed' | 'retrying'> = {
  pending: 'pending',
  ready: 'pending',
  queued: 'pending',
  running: 'running',
  retrying: 'retrying',
  succeeded: 'completed',
  skipped: 'completed',
  failed: 'failed',
  cancelled: 'failed',
};

/** A stage that was passed over by a choice is done; one that could not run because something failed is not. */
function wordOf({ status, skip }: TaskView): (typeof TASK_WORD)[TaskStatus] {
  // status-words: reasons for a skip
  return skip === 'upstream-failed' || skip === 'run-failing' ? 'failed' : TASK_WORD[status];
}

const AGENT_WORD: Record<AgentState, string> = {
  online: 'active',
  busy: 'active',
  draining: 'draining',
  paused: 'paused',
  stale: 'stale',
  offline: 'offline',
  quarantined: 'quarantined',
};

export function presentAgent(agent: AgentListItem) {
  return {
    id: agent.id,
    name: agent.name,
    type: agent.type,
    status: AGENT_WORD[agent.state],
    capabilities: agent.capabilities,
    last_heartbeat: agent.lastHeartbeatAt,
    current_load: agent.currentLoad,
    instance: agent.instance,
    transport: agent.transport,
    version: agent.version,
    labels: agent.labels,
    resources: agent.resources,
    max_concurrency: agent.maxConcurrency,
    reason: agent.orderedReason,
    registered_at: agent.registeredAt,
  };
}

export function presentAnswer(answer: ReportAnswer) {
  if (answer.status !== 'ok') return answer;
  return answer.leaseUntil === undefined ? answer : { status: answer.status, lease_until: answer.leaseUntil };
}

export function presentVersion(version: VersionView) {
  const { id, number, contentHash, note, createdAt } = version;
  return { id, number, content_hash: contentHash, note, created_at: createdAt };
}

export function presentPipeline(pipeline: PipelineView) {
  return {
    id: pipeline.id,
    pipeline_id: pipeline.id,
    name: pipeline.name,
    description: pipeline.description,
    tags: pipeline.tags,
    draft: pipeline.draft,
    version: pipeline.newest && { ...presentVersion(pipeline.newest), graph: pipeline.newest.graph },
    created_at: pipeline.createdAt,
    updated_at: pipeline.updatedAt,
  };
}

export function presentPipelineItem(item: PipelineListItem) {
  return {
    id: item.id,
    pipeline_id: item.id,
    name: item.name,
    description: item.description,
    tags: item.tags,
    stages: item.stages,
    draft_revision: item.draftRevision,
    version: item.versionNumber,
    created_at: item.createdAt,
    updated_at: item.updatedAt,
  };
}

export function presentSummary(run: RunSummary) {
  return {
    id: run.id,
    run_id: run.id,
    pipeline_id: run.pipelineId,
    version_id: run.versionId,
    status: run.status,
    seq: run.seq,
    progress: run.progress,
    tasks_total: run.tasksTotal,
    tasks_left: run.tasksLeft,
    trigger: run.trigger,
    error: run.error,
    replay_of: run.replayOf,
    replay_from: run.replayFrom,
    created_at: run.createdAt,
    finished_at: run.finishedAt,
    updated_at: run.updatedAt,
  };
}

function presentWaiting(waiting: Waiting | null) {
  if (!waiting) return null;
  const { code, sentence, blockers, since, wayOut } = waiting;
  return { code, sentence, blockers, since: since === null ? null : new Date(since), way_out: wayOut };
}

function presentTask(task: TaskView) {
  return {
    task_id: task.id,
    stage: task.index,
    key: task.stageKey,
    name: task.name,
    type: task.capability,
    status: wordOf(task),
    state: task.status,
    attempt: task.attempt,
    progress: task.progress,
    assigned_agent: task.agentId,
    ready_at: task.readyAt,
    started_at: task.startedAt,
    finished_at: task.finishedAt,
    output: task.output,
    error: task.error,
    skipped_because: task.skip,
    waiting: presentWaiting(task.waiting),
    routing: task.routing,
  };
}

export function presentRun(run: RunView) {
  return {
    ...presentSummary(run),
    input: run.input,
    parameters: run.parameters,
    metadata: run.metadata,
    deadline_at: run.deadlineAt,
    stages: run.tasks.map(presentTask),
  };
}

export function presentLog({ at, level, message, fields, epoch }: LogLine) {
  return { timestamp: at, level, message, fields, epoch };
}

export function presentTaskDetail(task: TaskDetail) {
  const { run } = task;
  const asked = run.metadata.stage;
  return {
    ...presentTask(task),
    pipeline_id: run.pipelineId ?? run.metadata.pipeline_id ?? null,
    run_id: run.id,
    stage: typeof asked === 'number' ? asked : task.index,
    updated_at: run.updatedAt,
    logs: task.logs.map(presentLog),
  };
}

export function presentDeadLetter(letter: DeadLetter) {
  return {
    id: letter.id,
    message_id: letter.messageId,
    queue: letter.queue,
    reason: letter.reason,
    dead_at: letter.deadAt === null ? null : new Date(letter.deadAt),
    redeliveries: letter.redeliveries,
    priority: letter.priority,
    body: Buffer.from(letter.body).toString('utf8'),
    run_id: letter.runId,
    task_id: letter.taskId,
  };
}
