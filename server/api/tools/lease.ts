import { z } from 'zod';
import { type AgentId, idSchema, type TaskId, taskIdSchema } from '#server/domain/ids.ts';

/**
 * A hand-out in one word: which agent holds which task under which numbers. It is a name and no secret: what it is good
 * for is decided by who shows it.
 */
export interface Lease {
  id: AgentId;
  generation: number;
  taskId: TaskId;
  epoch: number;
}

const FORMAT = /^([a-z]+_[0-9a-f]{32})\.(\d{1,9})\.(task_[0-9a-f]{32}_\d{1,9})\.(\d{1,9})$/;

export const writeLease = ({ id, generation, taskId, epoch }: Lease): string =>
  [id, generation, taskId, epoch].join('.');

export const leaseField = z
  .string()
  .max(200)
  .transform((text, context): Lease => {
    const [, agent, generation, task, epoch] = FORMAT.exec(text) ?? [];
    const [id, taskId] = [idSchema('agent').safeParse(agent), taskIdSchema.safeParse(task)];
    if (id.success && taskId.success) {
      return { id: id.data, generation: Number(generation), taskId: taskId.data, epoch: Number(epoch) };
    }
    context.addIssue({ code: 'custom', message: 'must be a lease as task_claim answered it' });
    return z.NEVER;
  })
  .describe('As task_claim answered it.');
