import { z } from 'zod';
import { MAX_STAGES } from '#server/domain/graph/schema.ts';
import { idSchema } from '#server/domain/ids.ts';
import { LOG_LEVELS } from '#server/domain/messages.ts';
import { ATTEMPT_STATES, listAttempts } from '#server/services/run/attempts.ts';
import { getRun } from '#server/services/run/get.ts';
import { readRunGraph } from '#server/services/run/graph.ts';
import { listHandOuts } from '#server/services/run/hand-outs.ts';
import { listLateAnswers } from '#server/services/run/late-answers.ts';
import { readLineage } from '#server/services/run/lineage.ts';
import { listRunLogs } from '#server/services/run/logs.ts';
import { revealRun } from '#server/services/run/reveal.ts';
import { listSaid } from '#server/services/run/said.ts';
import { listRunTasks } from '#server/services/run/tasks.ts';
import { presentSummary, runSummarySchema } from '../wire/run.ts';
import { presentRunShape, runShapeSchema } from '../wire/run-shape.ts';
import {
  attemptSchema,
  handOutSchema,
  lateAnswerSchema,
  presentAttempt,
  presentHandOut,
  presentLateAnswer,
  presentRevealed,
  presentRunLog,
  presentSaid,
  presentStageOfRun,
  revealedSchema,
  runLogLineSchema,
  saidSchema,
  stageOfRunSchema,
} from '../wire/task.ts';
import { anyObject, nextCursor } from '../wire/values.ts';
import { EXAMPLE } from './examples.ts';
import { limitField, pageInput } from './fields.ts';
import { operation } from './operation.ts';

const oneRun = z.strictObject({ id: idSchema('run') });
const stage = z.int().min(0).optional().describe('One place in the pipeline, from 0; left out: all.');

/** What there is to see inside of a run. */
export const runDetails = {
  shape: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}/shape',
    summary: 'Get a run with its stages as columns',
    description:
      'The same as the run itself without what went in and came out, in a tenth of the bytes: for whoever draws thousands of stages.',
    input: oneRun,
    output: runShapeSchema,
    isTagged: true,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.run },
    async handle({ services, actor }, { id }) {
      return presentRunShape(await getRun(services, actor, { id, brief: true }));
    },
  }),

  tasks: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}/tasks',
    summary: 'List the tasks of a run',
    description:
      'One for each stage, in the order of the pipeline, all of them unless `limit` says otherwise. `GET /api/v1/tasks?run_id=` filters and sorts them.',
    input: oneRun.extend({ limit: limitField(MAX_STAGES, MAX_STAGES), cursor: pageInput.cursor }),
    output: z.object({ tasks: z.array(stageOfRunSchema), next_cursor: nextCursor }),
    isTagged: true,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.run },
    async handle({ services, actor }, input) {
      const { items, nextCursor: next_cursor } = await listRunTasks(services, actor, input);
      return { tasks: items.map(presentStageOfRun), next_cursor };
    },
  }),

  graph: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}/graph',
    summary: 'Get the graph that a run is a run of',
    description: 'It never changes.',
    isTagged: true,
    input: oneRun,
    output: z.object({
      number: z.int().nullable().describe('Of the version; null for a task on its own.'),
      graph: anyObject,
    }),
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.run },
    handle: ({ services, actor }, input) => readRunGraph(services, actor, input),
  }),

  attempts: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}/attempts',
    summary: 'List every attempt of a run, with why its agent was chosen',
    input: z.strictObject({
      id: idSchema('run'),
      stage,
      repeated: z.boolean().optional().describe('Only of stages that were handed out more than once.'),
      agent_id: idSchema('agent').optional(),
      state: z.enum(ATTEMPT_STATES).optional(),
      limit: limitField(5000, 5000),
      cursor: pageInput.cursor,
    }),
    output: z.object({ attempts: z.array(attemptSchema), next_cursor: nextCursor }),
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.run },
    async handle({ services, actor }, { agent_id, ...input }) {
      const asked = { ...input, agentId: agent_id };
      const { items, nextCursor: next_cursor } = await listAttempts(services, actor, asked);
      return { attempts: items.map(presentAttempt), next_cursor };
    },
  }),

  handOuts: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}/hand-outs',
    summary: 'List when the tasks of a run were put into queues',
    description:
      'Between the `ready_at` of a task and this moment nobody was free; from it to `started_at` the task lay in a queue. Agents of the server itself begin at once, so what they were given is not among them.',
    input: z.strictObject({ id: idSchema('run'), limit: limitField(20_000, 5000), cursor: pageInput.cursor }),
    output: z.object({ hand_outs: z.array(handOutSchema), next_cursor: nextCursor }),
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.run },
    async handle({ services, actor }, input) {
      const { items, nextCursor: next_cursor } = await listHandOuts(services, actor, input);
      return { hand_outs: items.map(presentHandOut), next_cursor };
    },
  }),

  lateAnswers: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}/late-answers',
    summary: 'List the answers that came too late for a run',
    description:
      'What agents said of hand-outs that somebody else had by then, or that were answered already. It changed nothing, and is kept for people to see.',
    input: z.strictObject({
      id: idSchema('run'),
      stage,
      limit: limitField(100, 50),
      cursor: pageInput.cursor,
    }),
    output: z.object({ late_answers: z.array(lateAnswerSchema), next_cursor: nextCursor }),
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.run },
    async handle({ services, actor }, input) {
      const { items, nextCursor: next_cursor } = await listLateAnswers(services, actor, input);
      return { late_answers: items.map(presentLateAnswer), next_cursor };
    },
  }),

  logs: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}/logs',
    summary: 'Read the log of a run',
    description: 'Stage by stage, in the order in which each was written.',
    input: z.strictObject({
      id: idSchema('run'),
      stage,
      level: z.enum(LOG_LEVELS).optional().describe('This level and worse ones.'),
      search: z.string().min(1).max(200).optional().describe('Words that the message must hold.'),
      order: z.enum(['asc', 'desc']).optional().describe('`desc` reads from the end.'),
      beyond: z
        .string()
        .regex(/^\d{1,5}\.\d{1,9}\.\d{1,9}$/)
        .optional()
        .describe(
          'Begins behind this line in the order asked for: stage, hand-out and line, as in `0.1.99`.',
        ),
      limit: limitField(1000, 200),
      cursor: pageInput.cursor,
    }),
    output: z.object({ logs: z.array(runLogLineSchema), next_cursor: nextCursor }),
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.run, level: 'info', search: 'demonstration' },
    async handle({ services, actor }, { beyond, ...input }) {
      const [place = 0, epoch = 0, line = 0] = beyond?.split('.').map(Number) ?? [];
      const page = await listRunLogs(services, actor, {
        ...input,
        ...(beyond === undefined ? {} : { beyond: { stage: place, epoch, line } }),
      });
      return { logs: page.items.map(presentRunLog), next_cursor: page.nextCursor };
    },
  }),

  said: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}/said',
    summary: 'Read what agents say of a run just now',
    description:
      'The newest progress, notes and log lines of all its stages in the order in which they came, as hot state keeps them: `SIGNALBOX_STREAM_MAX` of them, for `SIGNALBOX_TASK_STATE_TTL` seconds after the last. Events and log keep what counts. 503 while Redis is away.',
    input: z.strictObject({
      id: idSchema('run'),
      after: z
        .string()
        .regex(/^\d{1,16}-\d{1,16}$/)
        .optional()
        .describe('The last one seen.'),
      limit: limitField(1000, 100),
    }),
    output: z.object({ said: z.array(saidSchema) }),
    errors: ['NOT_FOUND', 'UNAVAILABLE'],
    example: { id: EXAMPLE.run },
    async handle({ services, actor }, input) {
      return { said: (await listSaid(services, actor, input)).map((said) => presentSaid(input.id, said)) };
    },
  }),

  reveal: operation({
    method: 'POST',
    path: '/api/v1/runs/{id}/reveal',
    summary: 'Read what is marked sensitive',
    description:
      'Everything else shows {"$hidden": "sensitive"} in its place, to everybody. This shows what the run was given or, with `stage`, what that stage made and said, to those who may; the audit tells of each time.',
    input: z.strictObject({
      id: idSchema('run'),
      stage: z.int().min(0).optional().describe('Its place in the pipeline, from 0.'),
      reason: z.string().trim().min(1).max(1000).optional().describe('For those who read the audit.'),
      limit: limitField(1000, 200),
      cursor: pageInput.cursor,
      attempts_after: z.int().min(0).optional().describe('The `next_attempts_after` of the answer before.'),
    }),
    output: revealedSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.run, stage: 0, reason: 'A customer asks for their own data.' },
    handle: async ({ services, actor }, { attempts_after: attemptsAfter, ...input }) =>
      presentRevealed(await revealRun(services, actor, { ...input, attemptsAfter })),
  }),

  lineage: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}/lineage',
    summary: 'See what a run replays, and its own replays',
    input: oneRun,
    output: z.object({
      ancestors: z.array(runSummarySchema).describe('The nearest first, at most 100.'),
      more_ancestors: z.boolean().describe('The last of them replays another one.'),
      replays: z.array(runSummarySchema).describe('Newest first, at most 200.'),
      more_replays: z.boolean().describe('`GET /api/v1/runs?replay_of=` lists all of them.'),
    }),
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.run },
    async handle({ services, actor }, input) {
      const lineage = await readLineage(services, actor, input);
      return {
        ancestors: lineage.ancestors.map(presentSummary),
        more_ancestors: lineage.hasMoreAncestors,
        replays: lineage.replays.map(presentSummary),
        more_replays: lineage.hasMoreReplays,
      };
    },
  }),
};
