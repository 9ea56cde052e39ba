import type { AgentId, TaskId } from '#server/domain/ids.ts';

/**
 * What this process has put into queues of single agents and has not seen end: how long the line before each is. Another
 * process may see an end, so a task that was never heard of again is forgotten.
 */
export interface OwnQueues {
  join(agent: AgentId, taskId: TaskId): void;
  /** Says in whose queue it was. */
  leave(taskId: TaskId): AgentId | undefined;
  length(agent: AgentId): number;
}

const FORGET_MS = 3_600_000;

export function createOwnQueues(now: () => number = Date.now): OwnQueues {
  /** In the order in which they came. */
  const joined = new Map<TaskId, { agent: AgentId; at: number }>();
  const lengths = new Map<AgentId, number>();

  function leave(taskId: TaskId): AgentId | undefined {
    const place = joined.get(taskId);
    if (!place) return undefined;
    joined.delete(taskId);
    const left = length(place.agent) - 1;
    if (left > 0) lengths.set(place.agent, left);
    else lengths.delete(place.agent);
    return place.agent;
  }

  const length = (agent: AgentId): number => lengths.get(agent) ?? 0;

  function forgetOld(): void {
    for (const [taskId, { at }] of joined) {
      if (now() - at < FORGET_MS) return;
      leave(taskId);
    }
  }

  return {
    join(agent, taskId) {
      leave(taskId);
      forgetOld();
      joined.set(taskId, { agent, at: now() });
      lengths.set(agent, length(agent) + 1);
    },
    leave,
    length,
  };
}
