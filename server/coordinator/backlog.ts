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
  take(id: string, count: number): WaitingTask[];
  /** What waits for this source. */
  waitingFor(source: string): BacklogReason[];
  sources(): string[];
  size(): number;
}

/** What must come free before the task can start. */
export interface BacklogReason {
  id: string;
  /** Told when this has made room: a capability, or the id of a concurrency slot. */
  source: string;
  /** How many of those that wait for it may be offered now. */
  room(): number;
}

interface Line {
  tasks: WaitingTask[];
  head: number;
}

const keyOf = ({ runId, task }: WaitingTask): string => `${runId} ${task}`;

export function createBacklog(): Backlog {
  const lines = new Map<string, Record<Priority, Line>>();
  const reasons = new Map<string, BacklogReason>();
  /** Who waits already: whatever offers a task again must not make it wait twice. */
  const known = new Set<string>();

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
      const key = keyOf(task);
      if (known.has(key)) return;
      known.add(key);
      let byPriority = lines.get(reason.id);
      if (!byPriority) {
        byPriority = {
          high: { tasks: [], head: 0 },
          medium: { tasks: [], head: 0 },
          low: { tasks: [], head: 0 },
        };
        lines.set(reason.id, byPriority);
        reasons.set(reason.id, reason);
      }
      byPriority[priority].tasks.push(task);
    },
    take(id, count) {
      const byPriority = lines.get(id);
      if (!byPriority) return [];
      const taken: WaitingTask[] = [];
      for (const priority of PRIORITIES) {
        if (taken.length < count) taken.push(...takeFrom(byPriority[priority], count - taken.length));
      }
      for (const task of taken) known.delete(keyOf(task));
      if (PRIORITIES.every((priority) => byPriority[priority].head >= byPriority[priority].tasks.length)) {
        lines.delete(id);
        reasons.delete(id);
      }
      return taken;
    },
    waitingFor: (source) => [...reasons.values()].filter((reason) => reason.source === source),
    sources: () => [...new Set([...reasons.values()].map((reason) => reason.source))],
    size: () => known.size,
  };
}
