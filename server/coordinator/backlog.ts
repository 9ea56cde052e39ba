import { PRIORITIES, type Priority } from '#server/domain/graph/schema.ts';
import type { OrgId, RunId } from '#server/domain/ids.ts';
import { createFairLine, type FairLine, type WaitingTask } from './fair-line.ts';

export type { WaitingTask };

/**
 * Tasks that wait for room, by what they wait for, so that whoever frees some knows whom to offer it to. A shortcut:
 * each of them also has a wake-up time in the database, and is found by it if this process forgets.
 */
export interface Backlog {
  add(reason: BacklogReason, priority: Priority, task: WaitingTask): void;
  /** The run is over: nothing of it waits any more. */
  forget(orgId: OrgId, runId: RunId): void;
  /** The next ones in line: by priority, then in turn by tenant and run. */
  take(id: string, count: number): WaitingTask[];
  /** What waits for this source. */
  waitingFor(source: string): BacklogReason[];
  isAwaited(id: string): boolean;
  sources(): string[];
  size(): number;
}

/** What must come free before the task can start. */
export interface BacklogReason {
  id: string;
  /** Told when this has made room: agents of a capability, or the id of a concurrency slot. */
  source: string;
  /** How many of those that wait for it may be offered now. */
  room(): number;
}

interface Waiting {
  reason: BacklogReason;
  lines: Record<Priority, FairLine>;
}

const keyOf = ({ runId, task }: Pick<WaitingTask, 'runId' | 'task'>): string => `${runId} ${task}`;

export function createBacklog(): Backlog {
  const waiting = new Map<string, Waiting>();
  /** Who waits already: whatever offers a task again must not make it wait twice. */
  const known = new Set<string>();
  /** How many of a run wait: most runs end without one that does. */
  const ofRuns = new Map<RunId, number>();

  function left({ runId, task }: WaitingTask): void {
    known.delete(keyOf({ runId, task }));
    const others = (ofRuns.get(runId) ?? 1) - 1;
    if (others > 0) ofRuns.set(runId, others);
    else ofRuns.delete(runId);
  }

  const isEmpty = ({ lines }: Waiting): boolean =>
    PRIORITIES.every((priority) => lines[priority].size() === 0);

  return {
    add(reason, priority, task) {
      const key = keyOf(task);
      if (known.has(key)) return;
      known.add(key);
      ofRuns.set(task.runId, (ofRuns.get(task.runId) ?? 0) + 1);
      let own = waiting.get(reason.id);
      if (!own) {
        own = { reason, lines: { high: createFairLine(), medium: createFairLine(), low: createFairLine() } };
        waiting.set(reason.id, own);
      }
      own.lines[priority].add(task);
    },
    forget(orgId, runId) {
      if (!ofRuns.has(runId)) return;
      for (const [id, own] of waiting) {
        for (const priority of PRIORITIES)
          for (const task of own.lines[priority].drop(orgId, runId)) left(task);
        if (isEmpty(own)) waiting.delete(id);
      }
    },
    take(id, count) {
      const own = waiting.get(id);
      if (!own) return [];
      const taken: WaitingTask[] = [];
      for (const priority of PRIORITIES) {
        while (taken.length < count) {
          const task = own.lines[priority].take();
          if (!task) break;
          left(task);
          taken.push(task);
        }
      }
      if (isEmpty(own)) waiting.delete(id);
      return taken;
    },
    waitingFor: (source) =>
      [...waiting.values()].flatMap(({ reason }) => (reason.source === source ? [reason] : [])),
    isAwaited: (id) => waiting.has(id),
    sources: () => [...new Set([...waiting.values()].map(({ reason }) => reason.source))],
    size: () => known.size,
  };
}
