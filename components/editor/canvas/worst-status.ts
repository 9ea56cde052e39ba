import {
  isTaskCancelled,
  isTaskFailure,
  isTaskHeld,
  isTaskOver,
  isTaskRetrying,
  isTaskUntouched,
  type TaskStatus,
} from '../../../server/domain/statuses.ts';
import type { RunOverlay } from '../context.ts';

/** What somebody who looks at many at once wants to hear of first. */
const RANKS: readonly ((status: TaskStatus) => boolean)[] = [
  isTaskFailure,
  isTaskRetrying,
  isTaskHeld,
  (status) => !isTaskOver(status) && !isTaskUntouched(status),
  isTaskUntouched,
  isTaskCancelled,
  isTaskOver,
];

/** One word for several stages of a run; null where none of them is in it. */
export function worstStatus(run: RunOverlay | null, keys: readonly string[]): TaskStatus | null {
  const statuses = keys.flatMap((key) => run?.stages.get(key)?.status ?? []);
  for (const isOfRank of RANKS) {
    const found = statuses.find(isOfRank);
    if (found !== undefined) return found;
  }
  return null;
}
