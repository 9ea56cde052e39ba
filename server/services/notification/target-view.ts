import { eq } from 'drizzle-orm';
import { notificationTargets } from '#db/schema/index.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { fromUuid, type NotificationTargetId, type PipelineId, toUuid } from '#server/domain/ids.ts';
import { type NotificationEvent, shownAddress, type TargetKind } from '#server/domain/notifications.ts';
import { type Actor, may } from '#server/identity/actor.ts';

export interface TargetView {
  id: NotificationTargetId;
  name: string;
  kind: TargetKind;
  /** Cut short for those who may not manage targets. */
  address: string;
  events: NotificationEvent[];
  pipelineId: PipelineId | null;
  active: boolean;
  offReason: string | null;
  createdAt: Date;
  updatedAt: Date;
}

export type TargetRow = typeof notificationTargets.$inferSelect;

export function toTargetView(actor: Actor, row: TargetRow): TargetView {
  const { id, name, kind, events, pipelineId, active, offReason, createdAt, updatedAt } = row;
  return {
    id: fromUuid('notificationTarget', id),
    ...{ name, kind, active, offReason, createdAt, updatedAt },
    address: may(actor, 'notification.manage') ? row.address : shownAddress(kind, row.address),
    events: events as NotificationEvent[],
    pipelineId: pipelineId === null ? null : fromUuid('pipe', pipelineId),
  };
}

/** What the audit keeps of one: an address may end with a secret. */
export function targetForAudit({ name, kind, address, events, pipelineId, active }: TargetRow) {
  return { name, kind, address: shownAddress(kind, address), events, pipeline: pipelineId, active };
}

export async function loadTarget(tx: TenantTransaction, id: NotificationTargetId): Promise<TargetRow> {
  const [row] = await tx
    .select()
    .from(notificationTargets)
    .where(eq(notificationTargets.id, toUuid(id)));
  if (!row) throw notFound('notification target', id);
  return row;
}
