import { and, eq, ne, sql } from 'drizzle-orm';
import { z } from 'zod';
import { notificationTargets, notificationDeliveries as table } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound, SignalboxError } from '#server/domain/errors.ts';
import {
  type DeliveryId,
  fromUuid,
  idSchema,
  type NotificationTargetId,
  type RunId,
  toUuid,
} from '#server/domain/ids.ts';
import {
  DELIVERY_STATES,
  type DeliveryState,
  MAX_DELIVERY_TRIES,
  NOTIFICATION_EVENTS,
  type NotificationBody,
  shownAddress,
  TARGET_KINDS,
  type TargetKind,
  TEST_EVENT,
} from '#server/domain/notifications.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import { bornFields, bornWithin, restOf, stretchOf } from '../born-page.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';

/** What may have been told. */
export const DELIVERED_EVENTS = [...NOTIFICATION_EVENTS, TEST_EVENT] as const;

const listSchema = z.strictObject({
  ...pageFields,
  runId: idSchema('run').optional(),
  targetId: idSchema('notificationTarget').optional(),
  state: z.enum(DELIVERY_STATES).optional(),
  kind: z.enum(TARGET_KINDS).optional(),
  event: z.enum(DELIVERED_EVENTS).optional(),
  ...bornFields,
});
const redeliverSchema = z.strictObject({ id: idSchema('delivery') });

export interface DeliveryView {
  id: DeliveryId;
  targetId: NotificationTargetId | null;
  runId: RunId | null;
  kind: TargetKind;
  /** A webhook's without what follows its host. */
  address: string;
  event: NotificationBody['type'];
  state: DeliveryState;
  attempts: number;
  nextAt: Date | null;
  lastAt: Date | null;
  lastStatus: number | null;
  lastError: string | null;
  lastMs: number | null;
  createdAt: Date;
  deliveredAt: Date | null;
}

type Row = typeof table.$inferSelect;

/** Newest first, unless asked otherwise. */
export async function listDeliveries(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<DeliveryView>> {
  authorise(actor, 'notification.read');
  const { limit, cursor, order, ...filter } = parseInput(listSchema, input);
  const paging = { limit, cursors: services.cursors, list: `deliveries ${order}` };
  const [after] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor);
  const { rows, rest } = await inTenant(services.db, actor.orgId, async (tx) => {
    const stretch = await stretchOf(tx, {
      table,
      place: table.id,
      order,
      after,
      ...conditionsOf(actor, filter),
    });
    const found = await tx
      .select()
      .from(table)
      .where(stretch.where)
      .orderBy(stretch.orderBy)
      .limit(limit + 1);
    return { rows: found, rest: restOf(stretch, found.length, limit) };
  });
  return toPage(rows, { ...paging, rest }, { placeOf: ({ id }) => [id], toItems: toView });
}

type Filter = Omit<z.output<typeof listSchema>, 'limit' | 'cursor' | 'order'>;

function conditionsOf(actor: Actor, { runId, targetId, state, kind, event, ...created }: Filter) {
  return {
    within: and(
      eq(table.orgId, toUuid(actor.orgId)),
      bornWithin({ id: table.id, at: table.createdAt }, created),
    ),
    leads: [
      runId === undefined ? undefined : eq(table.runId, toUuid(runId)),
      targetId === undefined ? undefined : eq(table.targetId, toUuid(targetId)),
      state === undefined ? undefined : eq(table.state, state),
    ],
    asked: [
      kind === undefined ? undefined : eq(table.kind, kind),
      event === undefined ? undefined : eq(table.event, event),
    ],
  };
}

/** The same message under the same id, with all its tries before it. */
export async function redeliver(
  services: Services,
  actor: Actor,
  input: z.input<typeof redeliverSchema>,
): Promise<DeliveryView> {
  authorise(actor, 'notification.manage');
  const { id } = parseInput(redeliverSchema, input);
  const here = eq(table.id, toUuid(id));
  return inTenant(services.db, actor.orgId, async (tx) => {
    const [known] = await tx
      .select({ targetId: table.targetId, active: notificationTargets.active })
      .from(table)
      .leftJoin(notificationTargets, eq(notificationTargets.id, table.targetId))
      .where(here);
    if (!known) throw notFound('delivery', id);
    if (known.targetId !== null && known.active !== true) throw unwanted(known.active === null);
    const [row] = await tx
      .update(table)
      .set({
        state: 'waiting',
        triesLeft: MAX_DELIVERY_TRIES,
        nextAt: sql`now()`,
        deliveredAt: null,
      })
      .where(and(here, ne(table.state, 'waiting')))
      .returning();
    if (!row) throw stillTried();
    await noteIn(tx, auditNote(actor, 'notification.redelivered', { target: id }));
    return toView(row);
  });
}

function toView(row: Row): DeliveryView {
  const { kind, event, state, attempts, nextAt, lastAt, lastStatus, lastError, lastMs } = row;
  return {
    id: fromUuid('delivery', row.id),
    targetId: row.targetId === null ? null : fromUuid('notificationTarget', row.targetId),
    runId: row.runId === null ? null : fromUuid('run', row.runId),
    address: shownAddress(kind, row.address),
    ...{ kind, event, state, attempts, nextAt, lastAt, lastStatus, lastError, lastMs },
    createdAt: row.createdAt,
    deliveredAt: row.deliveredAt,
  };
}

function unwanted(isDeleted: boolean): SignalboxError {
  return isDeleted
    ? new SignalboxError('CONFLICT', 'The target of this delivery was deleted.')
    : new SignalboxError('CONFLICT', 'The target of this delivery is switched off.', {
        advice: 'Switch it on first.',
      });
}

function stillTried(): SignalboxError {
  return new SignalboxError('CONFLICT', 'This delivery is still being tried.', {
    advice: 'Wait until it has arrived or is given up.',
  });
}
