import { and, asc, eq, gt, inArray } from 'drizzle-orm';
import { z } from 'zod';
import { bulkItems, bulks, runs } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { idSchema, toUuid } from '#server/domain/ids.ts';
import type { RunStatus } from '#server/domain/statuses.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { bornFields, bornWithin, restOf, stretchOf } from '../born-page.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import {
  BULK_ACTIONS,
  BULK_RESULTS,
  BULK_STATUSES,
  type BulkItemView,
  type BulkView,
  loadBulk,
  toBulkView,
  toItemView,
} from './bulk-view.ts';

const getSchema = z.strictObject({ id: idSchema('bulk') });
const listSchema = z.strictObject({
  ...pageFields,
  status: z.enum(BULK_STATUSES).optional(),
  action: z.enum(BULK_ACTIONS).optional(),
  ...bornFields,
});
const itemsSchema = z.strictObject({
  id: idSchema('bulk'),
  result: z.enum(BULK_RESULTS).optional(),
  ...pageFields,
});

export async function getBulk(
  services: Services,
  actor: Actor,
  input: z.input<typeof getSchema>,
): Promise<BulkView> {
  authorise(actor, 'run.read');
  const { id } = parseInput(getSchema, input);
  return inTenant(services.db, actor.orgId, (tx) => loadBulk(tx, id));
}

/** Newest first, unless asked otherwise. */
export async function listBulks(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<BulkView>> {
  authorise(actor, 'run.read');
  const { limit, cursor, order, status, action, ...created } = parseInput(listSchema, input);
  const paging = { limit, cursors: services.cursors, list: `bulks ${order}` };
  const [after] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor);
  const { rows, rest } = await inTenant(services.db, actor.orgId, async (tx) => {
    const stretch = await stretchOf(tx, {
      ...{ table: bulks, place: bulks.id, order, after },
      within: and(
        eq(bulks.orgId, toUuid(actor.orgId)),
        bornWithin({ id: bulks.id, at: bulks.createdAt }, created),
      ),
      leads: [],
      asked: [
        status === undefined ? undefined : eq(bulks.status, status),
        action === undefined ? undefined : eq(bulks.action, action),
      ],
    });
    const found = await tx
      .select()
      .from(bulks)
      .where(stretch.where)
      .orderBy(stretch.orderBy)
      .limit(limit + 1);
    return { rows: found, rest: restOf(stretch, found.length, limit) };
  });
  return toPage(rows, { ...paging, rest }, { placeOf: ({ id }) => [id], toItems: (row) => toBulkView(row) });
}

export async function listBulkItems(
  services: Services,
  actor: Actor,
  input: z.input<typeof itemsSchema>,
): Promise<Page<BulkItemView>> {
  authorise(actor, 'run.read');
  const { id, result, limit, cursor } = parseInput(itemsSchema, input);
  const paging = { limit, cursors: services.cursors, list: `bulk items ${result ?? 'all'}` };
  const [after] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor);
  const { rows, statuses } = await inTenant(services.db, actor.orgId, async (tx) => {
    await loadBulk(tx, id);
    const conditions = [
      eq(bulkItems.bulkId, toUuid(id)),
      result === undefined ? undefined : eq(bulkItems.result, result),
      after === undefined ? undefined : gt(bulkItems.position, Number(after)),
    ];
    const found = await tx
      .select()
      .from(bulkItems)
      .where(and(...conditions))
      .orderBy(asc(bulkItems.position))
      .limit(limit + 1);
    return { rows: found, statuses: await statusesOf(tx, found) };
  });
  return toPage(rows, paging, {
    placeOf: ({ position }) => [String(position)],
    toItems: (row) => toItemView(row, statuses.get(row.made ?? '') ?? null),
  });
}

/** Of the runs that replays made, by bare id: that one was made says nothing of how it does. */
async function statusesOf(
  tx: TenantTransaction,
  items: readonly { made: string | null }[],
): Promise<Map<string, RunStatus>> {
  const made = items.flatMap((item) => item.made ?? []);
  if (made.length === 0) return new Map();
  const found = await tx
    .select({ id: runs.id, status: runs.status })
    .from(runs)
    .where(inArray(runs.id, made));
  return new Map(found.map(({ id, status }) => [id, status]));
}
