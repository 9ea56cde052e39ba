import { z } from 'zod';
import { PRIORITIES } from '#server/domain/graph/schema.ts';
import { jsonSchema } from '#server/domain/json.ts';
import { parseInput } from '#server/services/parse-input.ts';
import { retryTask } from '#server/services/run/retry-task.ts';
import { getTask } from '#server/services/task/get.ts';
import { listTaskLogs } from '#server/services/task/logs.ts';
import { submitTask } from '#server/services/task/submit.ts';
import type { Route } from '../http/router.ts';
import { fromBody, fromQuery, idempotencyKeyOf } from './input.ts';
import { presentLog, presentRun, presentTaskDetail } from './present.ts';

const submitBodySchema = z.strictObject({
  pipeline_id: z.string().optional(),
  stage: z.int().optional(),
  type: z.string(),
  payload: jsonSchema.optional(),
  priority: z.enum(PRIORITIES).optional(),
  /** Seconds. */
  timeout: z.number().optional(),
  retry_count: z.int().optional(),
});

export const taskRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/api/v1/tasks',
    async handle({ services, actor, body, headers }) {
      const { pipeline_id, timeout, retry_count, ...request } = parseInput(submitBodySchema, body);
      const { task, isNew } = await submitTask(
        services,
        actor,
        fromBody({
          ...request,
          pipelineId: pipeline_id,
          timeoutSeconds: timeout,
          retryCount: retry_count,
          idempotencyKey: idempotencyKeyOf(headers),
        }),
      );
      return {
        status: isNew ? 202 : 200,
        body: presentTaskDetail(task),
        headers: { location: `/api/v1/tasks/${task.id}` },
      };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/tasks/{id}',
    async handle({ services, actor, params }) {
      return { status: 200, body: presentTaskDetail(await getTask(services, actor, fromBody(params))) };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/tasks/{id}/logs',
    async handle({ services, actor, params, query }) {
      const logs = await listTaskLogs(services, actor, fromQuery(query, params));
      return { status: 200, body: { logs: logs.map(presentLog) } };
    },
  },
  {
    method: 'POST',
    path: '/api/v1/tasks/{id}/retry',
    async handle({ services, actor, params }) {
      return {
        status: 200,
        body: presentRun(await retryTask(services, actor, fromBody({ taskId: params.id }))),
      };
    },
  },
];
