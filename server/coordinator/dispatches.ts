import type { RunState } from '#server/domain/engine/state.ts';
import { PRIORITIES, type Priority, type Stage } from '#server/domain/graph/schema.ts';
import type { HandOut } from '#server/domain/hands.ts';
import { taskId } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { type AssignmentMessage, MESSAGE_VERSION } from '#server/domain/messages.ts';
import { isTaskHeld } from '#server/domain/statuses.ts';
import type { RunPlan } from './run-plan.ts';

/** A message for a queue, with the tasks that it holds. Written to the outbox in the commit that queues them. */
export interface QueuedMessage {
  queue: string;
  priority: number;
  body: string;
}

/** Tasks share a message up to these bounds, and one that is larger goes alone: a broker's cost is by the message, an agent's patience by the size. */
const MAX_TASKS_A_MESSAGE = 50;
const MAX_MESSAGE_BYTES = 48_000;

export function assignmentOf(state: RunState, index: number, input: Json): AssignmentMessage {
  const stage = state.graph.stages[index]?.stage;
  const task = state.tasks[index];
  if (!stage || !task) throw new Error(`run ${state.id} has no task ${index}`);
  return {
    task_id: taskId(state.id, index),
    run_id: state.id,
    epoch: task.epoch,
    attempt: task.attempt,
    stage: stage.key,
    capability: stage.type,
    config: stage.config,
    input,
    parameters: state.parameters,
    ...beatWithin(stage),
  };
}

/** Only stages that want to hear from their agent more often than every lease say so. */
function beatWithin({ timeouts }: Stage): { beat_within_ms?: number } {
  const { firstHeartbeatSeconds: first, idleSeconds: idle } = timeouts;
  if (first === undefined && idle === undefined) return {};
  const seconds = Math.min(first ?? Number.POSITIVE_INFINITY, idle ?? Number.POSITIVE_INFINITY);
  return { beat_within_ms: Math.max(1, Math.round(seconds * 1000)) };
}

/** How a task's input goes to a queue: null when it is too large and not stored yet, so that it cannot go now. */
export type Travel = (run: RunState, assignment: AssignmentMessage) => string | null;

/** The batch's queued tasks as messages: by queue and priority, several tasks in each. */
export function collectDispatches(plans: readonly RunPlan[], travel: Travel): QueuedMessage[] {
  const open = new Map<string, { queue: string; priority: Priority; parts: string[]; bytes: number }>();
  const messages: QueuedMessage[] = [];
  const close = (key: string) => {
    const group = open.get(key);
    if (!group) return;
    open.delete(key);
    const body = `{"version":${MESSAGE_VERSION},"tasks":[${group.parts.join(',')}]}`;
    messages.push({ queue: group.queue, priority: PRIORITIES.indexOf(group.priority), body });
  };
  for (const { decision } of plans) {
    for (const event of decision.events) {
      if (event.type !== 'task.queued') continue;
      const { state } = decision;
      if (state.tasks[event.task]?.queue !== event.queue) continue;
      const part = travel(state, assignmentOf(state, event.task, decision.inputs.get(event.task) ?? null));
      if (part === null) continue;
      const priority = state.graph.stages[event.task]?.stage.priority ?? 'medium';
      const key = `${event.queue} ${priority}`;
      if ((open.get(key)?.bytes ?? 0) + part.length > MAX_MESSAGE_BYTES) close(key);
      const group = open.get(key) ?? { queue: event.queue, priority, parts: [], bytes: 0 };
      open.set(key, group);
      group.parts.push(part);
      group.bytes += part.length;
      if (group.parts.length >= MAX_TASKS_A_MESSAGE) close(key);
    }
  }
  for (const key of [...open.keys()]) close(key);
  return messages;
}

/** The batch's granted leases, for the agents that the placement chose. */
export function collectHandOuts({ before, decision }: RunPlan): HandOut[] {
  const handOuts: HandOut[] = [];
  const { state } = decision;
  for (const event of decision.events) {
    if (event.type !== 'task.started') continue;
    const task = state.tasks[event.task];
    // Taken from a queue: the agent has it already.
    if (!task || task.epoch !== event.epoch || before.tasks[event.task]?.epoch === event.epoch) continue;
    // Started and ended in one batch: nobody has seen it.
    if (!isTaskHeld(task.status)) continue;
    const message = assignmentOf(state, event.task, decision.inputs.get(event.task) ?? null);
    handOuts.push({
      taskId: message.task_id,
      runId: state.id,
      epoch: message.epoch,
      attempt: message.attempt,
      stageKey: message.stage,
      capability: message.capability,
      config: message.config,
      input: message.input,
      parameters: message.parameters,
      ...(message.beat_within_ms === undefined ? {} : { beatWithinMs: message.beat_within_ms }),
      agent: event.agent,
      leaseUntil: event.leaseUntil,
      stopBy: event.stopBy,
    });
  }
  return handOuts;
}
