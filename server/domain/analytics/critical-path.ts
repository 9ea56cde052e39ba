import type { CompiledGraph } from '../graph/compile.ts';

export interface PathTask {
  /** Its place in the graph. */
  index: number;
  readyAt: number | null;
  finishedAt: number | null;
}

/**
 * The chain of tasks that made a run as long as it was, back from the one that ended last: before each of them the one
 * that it waited for longest. Says how long the run waited for each, by its place; all together that is the run's time
 * from its first task's turn to its last task's end.
 */
export function criticalPath(
  tasks: readonly PathTask[],
  { incoming }: Pick<CompiledGraph, 'incoming'>,
): Map<number, number> {
  const byIndex = new Map(tasks.map((task) => [task.index, task]));
  const path = new Map<number, number>();
  let task = lastOf(tasks);
  while (task && !path.has(task.index)) {
    const before = lastOf((incoming[task.index] ?? []).flatMap(({ from }) => byIndex.get(from) ?? []));
    const end = task.finishedAt ?? 0;
    path.set(task.index, Math.max(0, end - (before?.finishedAt ?? task.readyAt ?? end)));
    task = before;
  }
  return path;
}

function lastOf(tasks: readonly PathTask[]): PathTask | undefined {
  let last: PathTask | undefined;
  for (const task of tasks) {
    if (task.finishedAt !== null && task.finishedAt > (last?.finishedAt ?? -1)) last = task;
  }
  return last;
}
