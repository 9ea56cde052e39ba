import { z } from 'zod';
import { auditEntries } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { isJsonObject, type Json, type JsonObject } from '#server/domain/json.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { restOf, stretchOf } from '../born-page.ts';
import type { Services } from '../context.ts';
import { orderField, type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { auditFilterFields, leadsOf, within } from './audit-filter.ts';

const listSchema = z.strictObject({
  ...pageFields,
  ...auditFilterFields,
  order: orderField.default('desc'),
});
export type ListAudit = z.input<typeof listSchema>;

export interface AuditView {
  seq: number;
  at: Date;
  actor: JsonObject;
  action: string;
  target: string | null;
  requestId: string | null;
  address: string | null;
  reason: string | null;
  before: Json;
  after: Json;
  hash: string;
}

/** Newest first, unless asked otherwise. */
export async function listAudit(
  services: Services,
  actor: Actor,
  input: ListAudit,
): Promise<Page<AuditView>> {
  authorise(actor, 'audit.read');
  const { limit, cursor, order, ...filter } = parseInput(listSchema, input);
  const paging = { limit, cursors: services.cursors, list: `audit ${order}` };
  const [after] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor).map(Number);
  const { rows, rest } = await inTenant(services.db, actor.orgId, async (tx) => {
    const stretch = await stretchOf(tx, {
      ...{ table: auditEntries, place: auditEntries.seq, order, after },
      within: within(actor, filter),
      leads: leadsOf(filter),
    });
    const found = await tx
      .select()
      .from(auditEntries)
      .where(stretch.where)
      .orderBy(stretch.orderBy)
      .limit(limit + 1);
    return { rows: found, rest: restOf(stretch, found.length, limit) };
  });
  return toPage(rows, { ...paging, rest }, { placeOf: ({ seq }) => [String(seq)], toItems: viewEntry });
}

export function viewEntry(row: typeof auditEntries.$inferSelect): AuditView {
  const parsed: Json = JSON.parse(row.body);
  const body = isJsonObject(parsed) ? parsed : {};
  const text = (value: Json | undefined) => (typeof value === 'string' ? value : null);
  return {
    seq: row.seq,
    at: row.at,
    actor: isJsonObject(body.actor) ? body.actor : {},
    action: row.action,
    target: row.target,
    requestId: row.requestId,
    address: text(body.address),
    reason: text(body.reason),
    before: body.before ?? null,
    after: body.after ?? null,
    hash: Buffer.from(row.hash).toString('hex'),
  };
}
