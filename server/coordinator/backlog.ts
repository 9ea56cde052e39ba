import type { Wait } from '#server/domain/engine/events.ts';
import { PRIORITIES, type Priority } from '#server/domain/graph/schema.ts';
import type { RunId } from '#server/domain/ids.ts';

export interface WaitingTask {
  runId: RunId;
  task: number;
}

/**
 * Tasks that wait for room, by what they wait for, so that whoever frees some knows whom to offer it to. A shortcut:
 * each of them also has a wake-up time in the database, and is found by it if this process forgets.
 */
export interface Backlog {
  add(reason: BacklogReason, priority: Priority, task: WaitingTask): void;
  /** The next ones in line: by priority, then first come first served. */
  take(reason: BacklogReason, count: number): WaitingTask[];
  reasons(): Iterable<BacklogReason>;
  size(): number;
}

/** What must come free before the task can start. */
export type BacklogReason = `capability ${string}` | `key ${string}`;

export function backlogReason(wait: Wait, capability: string): BacklogReason | null {
  if (wait.code === 'agents-full' || wait.code === 'no-agent' || wait.code === 'quota')
    return `capability ${capability}`;
  if (wait.code === 'concurrency-key') return `key ${wait.blockers?.[0] ?? ''}`;
  return null;
}

interface Line {
  tasks: WaitingTask[];
  head: number;
}

export function createBacklog(): Backlog {
  const lines = new Map<BacklogReason, Record<Priority, Line>>();
  let size = 0;

  function takeFrom(line: Line, count: number): WaitingTask[] {
    const taken = line.tasks.slice(line.head, line.head + count);
    line.head += taken.length;
    if (line.head > 1000 && line.head * 2 > line.tasks.length) {
      line.tasks = line.tasks.slice(line.head);
      line.head = 0;
    }
    return taken;
  }

  return {
    add(reason, priority, task) {
      let byPriority = lines.get(reason);
      if (!byPriority) {
        byPriority = {
          high: { tasks: [], head: 0 },
          medium: { tasks: [], head: 0 },
          low: { tasks: [], head: 0 },
        };
        lines.set(reason, byPriority);
      }
      byPriority[priority].tasks.push(task);
      size += 1;
    },
    take(reason, count) {
      const byPriority = lines.get(reason);
      if (!byPriority) return [];
      const taken: WaitingTask[] = [];
      for (const priority of PRIORITIES) {
        if (taken.length < count) taken.push(...takeFrom(byPriority[priority], count - taken.length));
      }
      size -= taken.length;
      if (PRIORITIES.every((priority) => byPriority[priority].head >= byPriority[priority].tasks.length))
        lines.delete(reason);
      return taken;
    },
    reasons: () => lines.keys(),
    size: () => size,
  };
}
