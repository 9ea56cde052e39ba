import { z } from 'zod';
import { taskIdSchema } from '#server/domain/ids.ts';
import { getTask } from '#server/services/task/get.ts';
import { listTaskLogs } from '#server/services/task/logs.ts';
import { EXAMPLE } from '../operations/examples.ts';
import { logLinesSchema, presentLine } from './log-lines.ts';
import { presentTaskStatus, taskStatusSchema } from './run-view.ts';
import { tool } from './tool.ts';

const oneTask = { task_id: taskIdSchema.describe('As run_status answered it for a stage.') };

export const taskTools = [
  tool({
    name: 'task_status',
    title: 'Look at a task',
    description:
      'How one stage of a run stands, with its whole output. The same as the resource tasks://{task_id}/state.',
    kind: 'reads',
    icon: 'eye',
    needs: ['run.read'],
    input: z.strictObject(oneTask),
    output: taskStatusSchema,
    example: { task_id: EXAMPLE.task },
    handle: async ({ services, actor }, { task_id }) =>
      presentTaskStatus(await getTask(services, actor, { id: task_id })),
  }),

  tool({
    name: 'task_logs',
    title: 'Read the log of a task',
    description:
      'The last lines of what the agent wrote while it worked on one stage; run_logs reads all of them. The same as the resource tasks://{task_id}/logs.',
    kind: 'reads',
    icon: 'log',
    needs: ['run.logs'],
    input: z.strictObject({ ...oneTask, limit: z.int().min(1).max(1000).default(200) }),
    output: z.object({ lines: logLinesSchema }),
    example: { task_id: EXAMPLE.task },
    async handle({ services, actor }, { task_id, limit }) {
      const { items: lines } = await listTaskLogs(services, actor, { id: task_id, limit });
      return { lines: lines.map(presentLine) };
    },
  }),
] as const;
