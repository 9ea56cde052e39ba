import { z } from 'zod';
import { notFound } from '#server/domain/errors.ts';
import { parseTaskId, taskIdSchema } from '#server/domain/ids.ts';
import { type Actor, authoriseAnywhere } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { type RunView, readRun } from './run-view.ts';
import { steerRun } from './steer.ts';

const retrySchema = z.strictObject({
  taskId: taskIdSchema,
  /** The number of the attempt that the caller saw. */
  attempt: z.int().min(0).optional(),
});

/** Does not wait for the timer of the next attempt. */
export async function retryTask(
  services: Services,
  actor: Actor,
  input: z.input<typeof retrySchema>,
): Promise<RunView> {
  authoriseAnywhere(actor, 'run.operate');
  const { taskId, attempt } = parseInput(retrySchema, input);
  const place = parseTaskId(taskId);
  if (!place) throw notFound('task', taskId);
  const before = await readRun(services, actor.orgId, place.runId);
  if (!before.tasks[place.index]) throw notFound('task', taskId);
  return steerRun(services, actor, {
    id: place.runId,
    happening: { type: 'retry-now', task: place.index, ...(attempt === undefined ? {} : { attempt }) },
    action: 'task.retried',
    target: taskId,
  });
}
