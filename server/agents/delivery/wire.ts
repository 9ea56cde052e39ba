import type { Outcome } from '#server/domain/engine/happenings.ts';
import type { Assignment, HandOut } from '#server/domain/hands.ts';
import type { AgentId, RunId } from '#server/domain/ids.ts';
import type { AssignmentMessage, Report } from '#server/domain/messages.ts';

/** Between the words of messages and those of the code: here and nowhere else. */
export function toMessage(assignment: Assignment): AssignmentMessage {
  return {
    task_id: assignment.taskId,
    run_id: assignment.runId,
    epoch: assignment.epoch,
    attempt: assignment.attempt,
    stage: assignment.stageKey,
    capability: assignment.capability,
    config: assignment.config,
    input: assignment.input,
    parameters: assignment.parameters,
    ...(assignment.beatWithinMs === undefined ? {} : { beat_within_ms: assignment.beatWithinMs }),
  };
}

/** As an agent outside has it: it knows neither when its lease ends nor when it will be cut off. */
export function handOutOf(message: AssignmentMessage, agent: AgentId): HandOut {
  return {
    taskId: message.task_id,
    runId: message.run_id as RunId,
    epoch: message.epoch,
    attempt: message.attempt,
    stageKey: message.stage,
    capability: message.capability,
    config: message.config,
    input: message.input,
    parameters: message.parameters,
    ...(message.beat_within_ms === undefined ? {} : { beatWithinMs: message.beat_within_ms }),
    agent,
    leaseUntil: Number.POSITIVE_INFINITY,
    stopBy: Number.POSITIVE_INFINITY,
  };
}

export function toReport({ taskId, epoch }: Pick<HandOut, 'taskId' | 'epoch'>, outcome: Outcome): Report {
  const { status, ...rest } = outcome;
  return { type: status, task_id: taskId, epoch, ...rest } as Report;
}
