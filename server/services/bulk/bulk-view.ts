import { and, asc, eq } from 'drizzle-orm';
import { bulkItems, bulks } from '#db/schema/index.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { type BulkId, fromUuid, type RunId, toUuid } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import type { RunStatus } from '#server/domain/statuses.ts';

export const BULK_ACTIONS = ['cancel', 'retry', 'replay', 'pause', 'resume'] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];
export const BULK_RESULTS = ['succeeded', 'skipped', 'failed'] as const;
export const BULK_STATUSES = ['open', 'done', 'aborted'] as const;
export type BulkResult = (typeof BULK_RESULTS)[number];

export interface BulkView {
  id: BulkId;
  action: BulkAction;
  /** `open` until every item has a result, somebody aborts it, or whoever asked may not do it any more. */
  status: (typeof BULK_STATUSES)[number];
  request: JsonObject;
  /** Name of who asked. */
  by: string;
  total: number;
  counts: Record<BulkResult, number>;
  /** Why it was given up, when nobody asked for that. */
  stoppedBecause: string | null;
  /** Some of the items that failed. */
  errors: BulkItemView[];
  createdAt: Date;
  finishedAt: Date | null;
}

export interface BulkItemView {
  position: number;
  runId: RunId;
  /** Null: it has not been its turn. */
  result: BulkResult | null;
  /** What a replay made. */
  made: RunId | null;
  /** How that run does by now. */
  madeStatus: RunStatus | null;
  code: string | null;
  message: string | null;
}

const ERRORS_SHOWN = 20;

type BulkRow = typeof bulks.$inferSelect;

export function toBulkView(row: BulkRow, errors: BulkItemView[] = []): BulkView {
  const { action, status, request, total, succeeded, skipped, failed } = row;
  const { stoppedBecause, createdAt, finishedAt } = row;
  return {
    id: fromUuid('bulk', row.id),
    ...{ action, status, request, total },
    by: String(row.actor.name),
    counts: { succeeded, skipped, failed },
    ...{ stoppedBecause, errors, createdAt, finishedAt },
  };
}

type ItemRow = typeof bulkItems.$inferSelect;

export const toItemView = (row: ItemRow, madeStatus: RunStatus | null = null): BulkItemView => ({
  position: row.position,
  runId: fromUuid('run', row.runId),
  result: row.result,
  made: row.made === null ? null : fromUuid('run', row.made),
  madeStatus,
  code: row.code,
  message: row.message,
});

export async function loadBulk(tx: TenantTransaction, id: BulkId): Promise<BulkView> {
  const [row] = await tx
    .select()
    .from(bulks)
    .where(eq(bulks.id, toUuid(id)));
  if (!row) throw notFound('bulk', id);
  const failed = await tx
    .select()
    .from(bulkItems)
    .where(and(eq(bulkItems.bulkId, row.id), eq(bulkItems.result, 'failed')))
    .orderBy(asc(bulkItems.position))
    .limit(row.failed === 0 ? 0 : ERRORS_SHOWN);
  // What failed has made no run.
  return toBulkView(
    row,
    failed.map((item) => toItemView(item)),
  );
}
