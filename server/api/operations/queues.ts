import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import {
  discardDeadLetter,
  LETTER_KINDS,
  listDeadLetters,
  readDeadLetter,
  replayDeadLetter,
} from '#server/services/queue/dead-letters.ts';
import { listQueues, QUEUE_SORTS } from '#server/services/queue/list.ts';
import { replayAllDeadLetters } from '#server/services/queue/replay-all.ts';
import {
  deadLetterSchema,
  openedLetterSchema,
  presentDeadLetter,
  presentOpenedLetter,
  presentQueue,
  queueSchema,
} from '../wire/queue.ts';
import { nextCursor } from '../wire/values.ts';
import { EXAMPLE } from './examples.ts';
import {
  createdInput,
  idempotencyKey,
  limitField,
  orderInput,
  pageInput,
  wholePageInput,
  withCreated,
} from './fields.ts';
import { operation } from './operation.ts';

export const queues = {
  list: operation({
    method: 'GET',
    path: '/api/v1/queues',
    summary: 'List queues with what lies in them',
    input: z.strictObject({
      ...wholePageInput,
      search: z.string().max(256).optional().describe('Part of its name.'),
      busy: z.boolean().optional().describe('Whether something waits in it or is in hand.'),
      sort: z.enum(QUEUE_SORTS).optional().describe('Left out: `queue`.'),
      order: orderInput,
    }),
    output: z.object({ queues: z.array(queueSchema), next_cursor: nextCursor }),
    example: { sort: 'messages', order: 'desc', limit: 20 },
    async handle({ services, actor }, input) {
      const page = await listQueues(services, actor, input);
      return { queues: page.items.map(presentQueue), next_cursor: page.nextCursor };
    },
  }),
};

export const deadLetters = {
  list: operation({
    method: 'GET',
    path: '/api/v1/dead-letters',
    summary: 'List dead letters',
    description:
      'Messages that nobody could work on, and tasks that every agent died of. By `run_id` and by time only tasks are found.',
    input: z.strictObject({
      ...pageInput,
      limit: limitField(500, 100),
      kind: z.enum(LETTER_KINDS).optional(),
      queue: z.string().max(256).optional().describe('Of a task: its capability.'),
      run_id: idSchema('run').optional(),
      ...createdInput,
    }),
    output: z.object({ dead_letters: z.array(deadLetterSchema), next_cursor: nextCursor }),
    example: { kind: 'task', limit: 20 },
    async handle({ services, actor }, { run_id, ...input }) {
      const page = await listDeadLetters(services, actor, { ...withCreated(input), runId: run_id });
      return { dead_letters: page.items.map(presentDeadLetter), next_cursor: page.nextCursor };
    },
  }),

  get: operation({
    method: 'GET',
    path: '/api/v1/dead-letters/{id}',
    summary: 'Look into a dead letter',
    description: 'It stays where it lies. What is named like a secret is not shown.',
    input: z.strictObject({ id: z.string().min(1).max(256) }),
    output: openedLetterSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.deadLetter },
    handle: async ({ services, actor }, input) =>
      presentOpenedLetter(await readDeadLetter(services, actor, input)),
  }),

  replayAll: operation({
    method: 'POST',
    path: '/api/v1/dead-letters/replay',
    summary: 'Try all dead letters again, some at a time',
    description:
      'Those that there were at the first call, of one queue or of all: call again with `next_cursor` until it is null. What dies again meanwhile is not tried twice.',
    input: z.strictObject({
      queue: z.string().min(1).max(256).optional(),
      cursor: z.string().max(1000).optional(),
    }),
    output: z.object({
      replayed: z.int(),
      refused: z
        .array(z.object({ id: z.string(), message: z.string() }))
        .describe('Tasks that could not be done again, and why.'),
      next_cursor: nextCursor,
    }),
    example: { queue: 'mcp.responses' },
    async handle({ services, actor }, input) {
      const { nextCursor: next_cursor, ...done } = await replayAllDeadLetters(services, actor, input);
      return { ...done, next_cursor };
    },
  }),

  replay: operation({
    method: 'POST',
    path: '/api/v1/dead-letters/{id}/replay',
    summary: 'Try a dead letter again',
    description:
      'A message goes back into its queue, and `run_id` is null. For a task a new run begins with its stage and takes over what came before; asked for twice, it is still one run.',
    input: z.strictObject({ id: z.string().min(1).max(256), idempotency_key: idempotencyKey }),
    output: z.object({ run_id: z.string().nullable() }),
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: EXAMPLE.deadLetter },
    async handle({ services, actor }, { id, idempotency_key: key }) {
      return { run_id: (await replayDeadLetter(services, actor, { id, idempotencyKey: key })).runId };
    },
  }),

  discard: operation({
    method: 'POST',
    path: '/api/v1/dead-letters/{id}/discard',
    summary: 'Discard a dead letter',
    input: z.strictObject({
      id: z.string().min(1).max(256),
      reason: z.string().trim().min(1, 'must say why, for those who look for it later').max(1000),
    }),
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.deadLetter, reason: 'its pipeline is gone' },
    handle: ({ services, actor }, input) => discardDeadLetter(services, actor, input).then(() => undefined),
  }),
};
