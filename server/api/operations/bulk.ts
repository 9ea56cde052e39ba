import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { abortBulk } from '#server/services/bulk/abort.ts';
import { BULK_ACTIONS, BULK_RESULTS, BULK_STATUSES } from '#server/services/bulk/bulk-view.ts';
import { createBulk, previewBulk } from '#server/services/bulk/create.ts';
import { getBulk, listBulkItems, listBulks } from '#server/services/bulk/look.ts';
import {
  bulkAnswerSchema,
  bulkItemSchema,
  bulkSchema,
  presentBulk,
  presentBulkItem,
  presentPreview,
} from '../wire/bulk.ts';
import { nextCursor } from '../wire/values.ts';
import { EXAMPLE } from './examples.ts';
import { createdInput, idempotencyKey, orderInput, pageInput, withCreated } from './fields.ts';
import { created, operation, reply } from './operation.ts';
import { runFilterInput, toRunFilter } from './run-filter.ts';

const oneBulk = z.strictObject({ id: idSchema('bulk') });

export const bulk = {
  create: operation({
    method: 'POST',
    path: '/api/v1/bulk',
    summary: 'Do one thing to many runs',
    description:
      'The runs are chosen now, by a filter or by their ids, and worked on in the background. With `preview` nothing is done: the answer says how many they are and shows some. Without a status in the filter it is about the runs to which the action can be done.',
    input: z.strictObject({
      action: z.enum(BULK_ACTIONS),
      filter: z.strictObject(runFilterInput).optional(),
      ids: z.array(idSchema('run')).min(1).max(10_000).optional(),
      preview: z.boolean().optional(),
      from: z.string().min(1).max(63).optional().describe('Of a replay: key of the stage to begin with.'),
      from_failure: z.boolean().optional().describe('Of a replay: begins where each run broke.'),
      version: z.enum(['original', 'newest']).optional().describe('Of a replay.'),
      grace_seconds: z.number().min(0).max(3600).optional().describe('Of a cancellation.'),
      idempotency_key: idempotencyKey,
    }),
    output: bulkAnswerSchema,
    status: 202,
    errors: ['CONFLICT'],
    example: { action: 'cancel', ids: [EXAMPLE.openRun] },
    async handle(
      { services, actor },
      { filter, preview, from_failure, grace_seconds, idempotency_key, ...input },
    ) {
      const asked = {
        ...input,
        fromFailure: from_failure,
        graceSeconds: grace_seconds,
        ...(filter ? { filter: toRunFilter(filter) } : {}),
      };
      if (preview) return reply(presentPreview(await previewBulk(services, actor, asked)), { status: 200 });
      const made = await createBulk(services, actor, { ...asked, idempotencyKey: idempotency_key });
      const { id, action, total } = made.bulk;
      const output = { action, count: total, bulk: presentBulk(made.bulk), sample: [] };
      return created(output, `/api/v1/bulk/${id}`, made.isNew);
    },
  }),

  list: operation({
    method: 'GET',
    path: '/api/v1/bulk',
    summary: 'List bulk actions',
    description: 'Newest first, unless asked otherwise, without their errors.',
    input: z.strictObject({
      ...pageInput,
      status: z.enum(BULK_STATUSES).optional(),
      action: z.enum(BULK_ACTIONS).optional(),
      ...createdInput,
      order: orderInput,
    }),
    output: z.object({ bulks: z.array(bulkSchema), next_cursor: nextCursor }),
    example: { limit: 10 },
    async handle({ services, actor }, input) {
      const page = await listBulks(services, actor, withCreated(input));
      return { bulks: page.items.map(presentBulk), next_cursor: page.nextCursor };
    },
  }),

  get: operation({
    method: 'GET',
    path: '/api/v1/bulk/{id}',
    summary: 'See how far a bulk action has come',
    input: oneBulk,
    output: bulkSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.bulk },
    handle: async ({ services, actor }, input) => presentBulk(await getBulk(services, actor, input)),
  }),

  items: operation({
    method: 'GET',
    path: '/api/v1/bulk/{id}/items',
    summary: 'List what came of each run of a bulk action',
    input: z.strictObject({ id: idSchema('bulk'), result: z.enum(BULK_RESULTS).optional(), ...pageInput }),
    output: z.object({ items: z.array(bulkItemSchema), next_cursor: nextCursor }),
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.bulk, limit: 10 },
    async handle({ services, actor }, input) {
      const page = await listBulkItems(services, actor, input);
      return { items: page.items.map(presentBulkItem), next_cursor: page.nextCursor };
    },
  }),

  abort: operation({
    method: 'POST',
    path: '/api/v1/bulk/{id}/abort',
    summary: 'Abort a bulk action',
    description: 'What was done stays; what is left is left alone.',
    input: oneBulk,
    output: bulkSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.bulk },
    handle: async ({ services, actor }, input) => presentBulk(await abortBulk(services, actor, input)),
  }),
};
