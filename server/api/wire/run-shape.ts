import { z } from 'zod';
import { type Column, packColumn } from '#server/domain/columns.ts';
import { idSchema } from '#server/domain/ids.ts';
import { TASK_STATUSES } from '#server/domain/statuses.ts';
import { TASK_WORDS, taskWord } from '#server/domain/task-words.ts';
import type { RunView, TaskView } from '#server/services/run/run-view.ts';
import { presentRun, runSchema } from './run.ts';
import { presentWaiting, taskErrorSchema, waitingSchema } from './task.ts';

const column = <Value extends z.ZodType>(value: Value) =>
  z.union([
    z.object({ each: z.array(value) }),
    z.object({ most: value, but: z.array(z.tuple([z.int(), value])) }),
  ]);

/** Milliseconds after the run was created. */
const after = column(z.number().nullable());

export const runShapeSchema = runSchema
  .extend({
    stages: z
      .object({
        key: column(z.string()),
        name: column(z.string().nullable()).describe('Null where it is the key.'),
        type: column(z.string()),
        after: column(z.array(z.int())),
        status: column(z.enum(TASK_WORDS)),
        state: column(z.enum(TASK_STATUSES)),
        attempt: column(z.int()),
        progress: column(z.number()),
        assigned_agent: column(idSchema('agent').nullable()),
        ready_ms: after,
        started_ms: after,
        finished_ms: after,
        error: column(taskErrorSchema.nullable()),
        skipped_because: column(z.string().nullable()),
        waiting: column(waitingSchema.nullable()),
        is_sensitive: column(z.boolean()),
      })
      .describe(
        'The fields of its stages as columns. `each` has a value for every stage; otherwise all have `most`, but those places that `but` lists with theirs. Times are milliseconds after `created_at`.',
      ),
  })
  .meta({ id: 'RunShape' });

export function presentRunShape(run: RunView): z.input<typeof runShapeSchema> {
  const { tasks, createdAt } = run;
  const of = <Value>(field: (task: TaskView) => Value): Column<Value> => packColumn(tasks.map(field));
  const born = createdAt.getTime();
  const ms = (at: Date | null) => at && at.getTime() - born;
  return {
    ...presentRun({ ...run, tasks: [] }),
    stages: {
      key: of(({ stageKey }) => stageKey),
      name: of(({ name, stageKey }) => (name === stageKey ? null : name)),
      type: of(({ capability }) => capability),
      after: of((task) => task.after),
      status: of(taskWord),
      state: of(({ status }) => status),
      attempt: of(({ attempt }) => attempt),
      progress: of(({ progress }) => progress),
      assigned_agent: of(({ agentId }) => agentId),
      ready_ms: of(({ readyAt }) => ms(readyAt)),
      started_ms: of(({ startedAt }) => ms(startedAt)),
      finished_ms: of(({ finishedAt }) => ms(finishedAt)),
      error: of(({ error }) => error),
      skipped_because: of(({ skip }) => skip),
      waiting: of(({ waiting }) => presentWaiting(waiting)),
      is_sensitive: of(({ isSensitive }) => isSensitive),
    },
  };
}
