import { z } from 'zod';
import { capabilitySchema, PRIORITIES } from '#server/domain/graph/schema.ts';
import { idSchema, taskIdSchema } from '#server/domain/ids.ts';
import { retryTask } from '#server/services/run/retry-task.ts';
import { getTask } from '#server/services/task/get.ts';
import { listTasks, TASK_SORTS } from '#server/services/task/list.ts';
import { listTaskLogs } from '#server/services/task/logs.ts';
import { submitTask } from '#server/services/task/submit.ts';
import { presentRun, runSchema } from '../wire/run.ts';
import {
  logLineSchema,
  presentLog,
  presentTask,
  presentTaskItem,
  taskListItemSchema,
  taskSchema,
} from '../wire/task.ts';
import { anyJson, nextCursor } from '../wire/values.ts';
import { EXAMPLE } from './examples.ts';
import { idempotencyKey, limitField, orderInput, pageInput } from './fields.ts';
import { created, operation } from './operation.ts';
import { taskFilterInput, toTaskFilter } from './task-filter.ts';

const oneTask = z.strictObject({ id: taskIdSchema });

export const tasks = {
  submit: operation({
    method: 'POST',
    path: '/api/v1/tasks',
    summary: 'Submit a task',
    description: 'A task on its own. With `pipeline_id` and `stage` it has the settings of that stage.',
    input: z.strictObject({
      pipeline_id: idSchema('pipe').optional(),
      stage: z.int().min(0).optional().describe('Place of a stage in the pipeline, from 0.'),
      type: capabilitySchema.describe('The capability that it asks for.'),
      payload: anyJson.optional(),
      priority: z.enum(PRIORITIES).optional(),
      timeout: z.number().positive().max(31_536_000).optional().describe('Seconds for one attempt.'),
      retry_count: z.int().min(0).max(99).optional().describe('Attempts after the first one.'),
      idempotency_key: idempotencyKey,
    }),
    output: taskSchema,
    status: 202,
    errors: ['NOT_FOUND', 'CONFLICT', 'TOO_LARGE'],
    example: {
      type: 'data-ingestion',
      payload: {
        data: [{ site: 'north', temperature: 20.5 }],
        parameters: { format: 'json' },
      },
      priority: 'high',
      timeout: 300,
      retry_count: 3,
    },
    async handle({ services, actor }, input) {
      const { pipeline_id, timeout, retry_count, idempotency_key, ...request } = input;
      const { task, isNew } = await submitTask(services, actor, {
        ...request,
        pipelineId: pipeline_id,
        timeoutSeconds: timeout,
        retryCount: retry_count,
        idempotencyKey: idempotency_key,
      });
      return created(presentTask(task), `/api/v1/tasks/${task.id}`, isNew);
    },
  }),

  list: operation({
    method: 'GET',
    path: '/api/v1/tasks',
    summary: 'List tasks',
    description:
      'Newest first, unless asked otherwise: those that were submitted on their own, or with `standalone: false` those of all runs. A stage that still waits for others is in no list; `GET /api/v1/runs/{id}/tasks` has it.',
    input: z.strictObject({
      ...pageInput,
      ...taskFilterInput,
      sort: z
        .enum(TASK_SORTS)
        .optional()
        .describe(
          'By anything but `created`: only what has come so far. Tasks of many runs are sorted by `created`; those that stand alone by `finished` and `duration` too, and those of one `run_id` by all four.',
        ),
      order: orderInput,
    }),
    output: z.object({ tasks: z.array(taskListItemSchema), next_cursor: nextCursor }),
    example: { limit: 10, over: false },
    async handle({ services, actor }, { limit, cursor, sort, order, ...filter }) {
      const page = await listTasks(services, actor, { limit, cursor, sort, order, ...toTaskFilter(filter) });
      return { tasks: page.items.map(presentTaskItem), next_cursor: page.nextCursor };
    },
  }),

  get: operation({
    method: 'GET',
    path: '/api/v1/tasks/{id}',
    summary: 'Get a task',
    input: oneTask,
    output: taskSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.task },
    handle: async ({ services, actor }, input) => presentTask(await getTask(services, actor, input)),
  }),

  logs: operation({
    method: 'GET',
    path: '/api/v1/tasks/{id}/logs',
    summary: 'Read the log of a task',
    description:
      'Its last lines, in the order in which they were written. `cursor` goes back: the page of `next_cursor` holds the lines before these. `GET /api/v1/runs/{id}/logs` with `stage` filters them, and reads from the beginning.',
    input: z.strictObject({ id: taskIdSchema, limit: limitField(10_000, 1000), cursor: pageInput.cursor }),
    output: z.object({ logs: z.array(logLineSchema), next_cursor: nextCursor }),
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.task },
    async handle({ services, actor }, input) {
      const { items, nextCursor: next_cursor } = await listTaskLogs(services, actor, input);
      return { logs: items.map(presentLog), next_cursor };
    },
  }),

  retry: operation({
    method: 'POST',
    path: '/api/v1/tasks/{id}/retry',
    summary: 'Retry a task now',
    description:
      'Does not wait for the timer of its next attempt. With `attempt` it does so once, however many ask at the same time.',
    input: oneTask.extend({
      attempt: z
        .int()
        .min(0)
        .optional()
        .describe('The attempt to be followed, as the task showed it. 409 when it is at another by now.'),
    }),
    output: runSchema,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: EXAMPLE.retryingTask, attempt: 1 },
    handle: async ({ services, actor }, { id, attempt }) =>
      presentRun(await retryTask(services, actor, { taskId: id, attempt })),
  }),
};
