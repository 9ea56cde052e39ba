import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { RUN_STATUSES } from '#server/domain/statuses.ts';
import {
  BULK_ACTIONS,
  BULK_RESULTS,
  type BulkItemView,
  type BulkView,
} from '#server/services/bulk/bulk-view.ts';
import type { BulkPreview } from '#server/services/bulk/create.ts';
import { presentSummary, runSummarySchema } from './run.ts';
import { isoTime, isoTimeOrNull, time } from './values.ts';

export const bulkItemSchema = z
  .object({
    position: z.int(),
    run_id: idSchema('run'),
    result: z
      .enum(BULK_RESULTS)
      .nullable()
      .describe('`skipped`: the run does not allow it. Null: it has not been its turn.'),
    made: idSchema('run').nullable().describe('The run that a replay made.'),
    made_status: z
      .enum(RUN_STATUSES)
      .nullable()
      .describe('How that run does by now. Null: none was made, or it is kept no longer.'),
    code: z.string().nullable(),
    message: z.string().nullable(),
  })
  .meta({ id: 'BulkItem' });

export const presentBulkItem = ({
  runId,
  madeStatus,
  ...item
}: BulkItemView): z.input<typeof bulkItemSchema> => ({
  ...item,
  run_id: runId,
  made_status: madeStatus,
});

const bulkFields = {
  id: idSchema('bulk'),
  action: z.enum(BULK_ACTIONS),
  status: z.enum(['open', 'done', 'aborted']),
  by: z.string().describe('Who asked for it.'),
  total: z.int(),
  succeeded: z.int(),
  skipped: z.int(),
  failed: z.int(),
  progress: z.number().describe('0 to 1.'),
  stopped_because: z
    .string()
    .nullable()
    .describe('Why it was given up, when nobody asked for that: whoever wanted it may not do it any more.'),
  errors: z.array(bulkItemSchema).describe('Some of the items that failed.'),
  created_at: time,
  finished_at: time.nullable(),
};
export const bulkSchema = z.object(bulkFields).meta({ id: 'Bulk' });

export function presentBulk(bulk: BulkView): z.input<typeof bulkSchema> {
  const { id, action, status, by, total, counts, stoppedBecause, errors, createdAt, finishedAt } = bulk;
  const done = counts.succeeded + counts.skipped + counts.failed;
  return {
    ...{ id, action, status, by, total },
    ...counts,
    progress: total === 0 ? 1 : done / total,
    stopped_because: stoppedBecause,
    errors: errors.map(presentBulkItem),
    created_at: isoTime(createdAt),
    finished_at: isoTimeOrNull(finishedAt),
  };
}

/** A bulk, or what it would be about. */
export const bulkAnswerSchema = z.object({
  action: z.enum(BULK_ACTIONS),
  count: z.int().describe('How many runs it is about.'),
  bulk: bulkSchema.nullable().describe('Null for a preview.'),
  sample: z.array(runSummarySchema).describe('Of a preview: some of the runs.'),
});

export function presentPreview({ action, count, sample }: BulkPreview): z.input<typeof bulkAnswerSchema> {
  return { action, count, bulk: null, sample: sample.map(presentSummary) };
}
