import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { LOG_LEVELS } from '#server/domain/messages.ts';
import { RUN_STATUSES } from '#server/domain/statuses.ts';
import { cancelRun } from '#server/services/run/cancel.ts';
import { getRun } from '#server/services/run/get.ts';
import { listRuns } from '#server/services/run/list.ts';
import { listRunLogs } from '#server/services/run/logs.ts';
import { replayRun } from '#server/services/run/replay.ts';
import { startRun } from '#server/services/run/start.ts';
import { EXAMPLE } from '../operations/examples.ts';
import { idempotencyKey, pageInput } from '../operations/fields.ts';
import { anyJson, anyObject, nextCursor } from '../wire/values.ts';
import { logLinesSchema, presentLine } from './log-lines.ts';
import { presentRunItem, presentRunStatus, runItemSchema, runStatusSchema } from './run-view.ts';
import { tool } from './tool.ts';
import { waitForRun } from './wait.ts';

const runId = idSchema('run').describe('As pipeline_run or runs_list answered.');
const newRunSchema = z.object({
  ...runItemSchema.shape,
  is_new: z.boolean().describe('False: this idempotency_key has started it before.'),
});

const steering = [
  tool({
    name: 'pipeline_run',
    title: 'Run a pipeline',
    description:
      'Starts a run of a pipeline and answers at once with its run_id. Follow with run_wait for the result, or run_status to look. Send an idempotency_key to be safe when you are not sure that a call arrived.',
    kind: 'starts',
    icon: 'play',
    needs: ['run.operate'],
    input: z.strictObject({
      pipeline_id: idSchema('pipe').describe('As pipelines_list answered.'),
      version: z.int().min(1).optional().describe('Left out: the newest.'),
      input: anyJson
        .optional()
        .describe('What the pipeline works on; its schema, if it has one, is checked.'),
      parameters: anyObject.optional(),
      idempotency_key: idempotencyKey,
    }),
    output: newRunSchema,
    example: { pipeline_id: EXAMPLE.pipeline, input: { text: 'hello' } },
    async handle({ services, actor }, { pipeline_id, idempotency_key, ...rest }) {
      const { run, isNew } = await startRun(services, actor, {
        ...rest,
        pipelineId: pipeline_id,
        idempotencyKey: idempotency_key,
      });
      return { ...presentRunItem(run), is_new: isNew };
    },
  }),

  tool({
    name: 'run_cancel',
    title: 'Cancel a run',
    description: 'Ends a run for good. Its agents are asked to stop and cut off after the grace period.',
    kind: 'ends',
    icon: 'stop',
    needs: ['run.operate'],
    input: z.strictObject({ run_id: runId, grace_seconds: z.number().min(0).max(3600).optional() }),
    output: runItemSchema,
    example: { run_id: EXAMPLE.openRun, grace_seconds: 10 },
    handle: async ({ services, actor }, { run_id, grace_seconds }) =>
      presentRunItem(await cancelRun(services, actor, { id: run_id, graceSeconds: grace_seconds })),
  }),

  tool({
    name: 'run_replay',
    title: 'Replay a run',
    description:
      'Starts a new run from one that has ended. With `from`, what came before that stage is reused and only the rest is done again: the way to go on after a failure was mended.',
    kind: 'starts',
    icon: 'replay',
    needs: ['run.operate'],
    input: z.strictObject({
      run_id: runId,
      from: z.string().min(1).max(63).optional().describe('Key of a stage; left out: all of it.'),
      version: z.enum(['original', 'newest']).optional(),
      input: anyJson.optional().describe('Left out: what the run was given.'),
      idempotency_key: idempotencyKey,
    }),
    output: newRunSchema,
    example: { run_id: EXAMPLE.run, version: 'newest' },
    async handle({ services, actor }, { run_id, idempotency_key, ...rest }) {
      const { run, isNew } = await replayRun(services, actor, {
        ...rest,
        id: run_id,
        idempotencyKey: idempotency_key,
      });
      return { ...presentRunItem(run), is_new: isNew };
    },
  }),
] as const;

const looking = [
  tool({
    name: 'runs_list',
    title: 'List runs',
    description: 'Lists runs, newest first. Use it to find what failed, or what goes on just now.',
    kind: 'reads',
    icon: 'list',
    needs: ['run.read'],
    input: z.strictObject({
      status: z.array(z.enum(RUN_STATUSES)).max(RUN_STATUSES.length).optional(),
      pipeline_id: idSchema('pipe').optional(),
      ...pageInput,
    }),
    output: z.object({ runs: z.array(runItemSchema), next_cursor: nextCursor }),
    example: { limit: 10, status: ['failed', 'succeeded'] },
    async handle({ services, actor }, { pipeline_id, ...input }) {
      const page = await listRuns(services, actor, { ...input, pipelineId: pipeline_id });
      return { runs: page.items.map(presentRunItem), next_cursor: page.nextCursor };
    },
  }),

  tool({
    name: 'run_status',
    title: 'Look at a run',
    description:
      'Answers with how a run stands and with each of its stages: state, error, why it waits, output. To wait for the end use run_wait instead of asking again and again.',
    kind: 'reads',
    icon: 'eye',
    needs: ['run.read'],
    input: z.strictObject({ run_id: runId }),
    output: runStatusSchema,
    example: { run_id: EXAMPLE.run },
    handle: async ({ services, actor }, { run_id }) =>
      presentRunStatus(await getRun(services, actor, { id: run_id })),
  }),

  tool({
    name: 'run_wait',
    title: 'Wait for a run',
    description:
      'Waits until a run has ended, telling progress meanwhile, and answers like run_status. When the time is over first, is_over is false: call it again.',
    kind: 'reads',
    icon: 'clock',
    needs: ['run.read'],
    input: z.strictObject({
      run_id: runId,
      timeout_seconds: z
        .number()
        .min(0)
        .max(300)
        .default(50)
        .describe('Many clients give up a call after 60 seconds.'),
    }),
    output: runStatusSchema,
    example: { run_id: EXAMPLE.run, timeout_seconds: 5 },
    async handle(call, { run_id, timeout_seconds }) {
      await waitForRun(call, { id: run_id, timeoutMs: timeout_seconds * 1000 });
      return presentRunStatus(await getRun(call.services, call.actor, { id: run_id }));
    },
  }),

  tool({
    name: 'run_logs',
    title: 'Read the log of a run',
    description:
      'What the agents wrote while they worked, stage by stage. Narrow it by stage, level or words.',
    kind: 'reads',
    icon: 'log',
    needs: ['run.logs'],
    input: z.strictObject({
      run_id: runId,
      stage: z.int().min(0).optional().describe('Its place in the pipeline, from 0.'),
      level: z.enum(LOG_LEVELS).optional().describe('This level and worse ones.'),
      search: z.string().min(1).max(200).optional(),
      limit: z.int().min(1).max(500).default(100),
      cursor: pageInput.cursor,
    }),
    output: z.object({ lines: logLinesSchema, next_cursor: nextCursor }),
    example: { run_id: EXAMPLE.run },
    async handle({ services, actor }, { run_id, ...input }) {
      const page = await listRunLogs(services, actor, { ...input, id: run_id });
      return {
        lines: page.items.map((line) => ({ task_id: line.taskId, ...presentLine(line) })),
        next_cursor: page.nextCursor,
      };
    },
  }),
] as const;

export const runTools = [...steering, ...looking];
