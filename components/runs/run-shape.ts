import { readRows } from '../../server/domain/columns.ts';
import { taskIdText } from '../../server/domain/id-pattern.ts';
import type { RunId, TaskId } from '../../server/domain/ids.ts';
import { isoTime } from '../../server/domain/iso-time.ts';
import { remembering } from '../../server/domain/remembering.ts';
import { type Answer, query } from '../data/index.ts';

export type Run = Answer<'runs.get'>;
export type Stage = Run['stages'][number];
type Shape = Answer<'runs.shape'>;

/** A run without what went in and came out; it travels as columns, since it may have ten thousand stages. */
export const shapeOf = (id: string) => ({ ...query('runs.shape', { id: id as RunId }), select: readShape });

export function readShape({ stages: columns, ...run }: Shape): Run {
  const created = Date.parse(run.created_at);
  const timeAfter = remembering((ms: number) => isoTime(new Date(created + ms)));
  const time = (ms: number | null) => (ms === null ? null : timeAfter(ms));
  const stages = readRows(columns, run.tasks_total).map(
    ({ name, ready_ms, started_ms, finished_ms, ...stage }, place): Stage => ({
      ...stage,
      name: name ?? stage.key,
      task_id: taskIdText(run.id, place) as TaskId,
      stage: place,
      ready_at: time(ready_ms),
      started_at: time(started_ms),
      finished_at: time(finished_ms),
      output: null,
      routing: null,
    }),
  );
  return { ...run, stages };
}
