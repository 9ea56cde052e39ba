import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { DELIVERY_STATES, NOTIFICATION_EVENTS, TARGET_KINDS } from '#server/domain/notifications.ts';
import type { DeliveryView } from '#server/services/notification/deliveries.ts';
import type { NewSecret } from '#server/services/notification/signing-secret.ts';
import type { TargetView } from '#server/services/notification/target-view.ts';
import { isoTime, isoTimeOrNull, time } from './values.ts';

export const eventsField = z
  .array(z.enum(NOTIFICATION_EVENTS))
  .min(1)
  .max(NOTIFICATION_EVENTS.length)
  .describe('What it listens to.');

export const notificationTargetSchema = z
  .object({
    id: idSchema('notificationTarget'),
    name: z.string(),
    kind: z.enum(TARGET_KINDS),
    address: z.string().describe('Of a webhook only its host, for those who may not manage targets.'),
    events: z.array(z.enum(NOTIFICATION_EVENTS)),
    pipeline_id: idSchema('pipe').nullable().describe('Null: all pipelines.'),
    active: z.boolean(),
    off_reason: z.string().nullable().describe('Why it was switched off, when nobody did so.'),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'NotificationTarget' });

export function presentTarget(target: TargetView): z.input<typeof notificationTargetSchema> {
  const { pipelineId, offReason, createdAt, updatedAt, ...rest } = target;
  return {
    ...rest,
    pipeline_id: pipelineId,
    off_reason: offReason,
    created_at: isoTime(createdAt),
    updated_at: isoTime(updatedAt),
  };
}

export const signingSecretSchema = z
  .object({
    secret: z.string().describe('Shown here only.'),
    previous_until: time.nullable().describe('Until then the secrets before it sign too.'),
  })
  .meta({ id: 'SigningSecret' });

export function presentSigningSecret(given: NewSecret): z.input<typeof signingSecretSchema> {
  return { secret: given.secret, previous_until: isoTimeOrNull(given.previousUntil) };
}

export const deliverySchema = z
  .object({
    id: idSchema('delivery').describe('What a webhook gets as `webhook-id`.'),
    target_id: idSchema('notificationTarget').nullable().describe('Null: the run itself named the address.'),
    run_id: idSchema('run').nullable(),
    kind: z.enum(TARGET_KINDS),
    address: z.string(),
    event: z.string(),
    state: z.enum(DELIVERY_STATES),
    attempts: z.int(),
    next_at: time.nullable(),
    last_at: time.nullable(),
    last_status: z.int().nullable(),
    last_error: z.string().nullable(),
    last_ms: z.int().nullable(),
    created_at: time,
    delivered_at: time.nullable(),
  })
  .meta({ id: 'NotificationDelivery' });

export function presentDelivery(delivery: DeliveryView): z.input<typeof deliverySchema> {
  const { id, kind, address, event, state, attempts } = delivery;
  return {
    ...{ id, kind, address, event, state, attempts },
    target_id: delivery.targetId,
    run_id: delivery.runId,
    next_at: isoTimeOrNull(delivery.nextAt),
    last_at: isoTimeOrNull(delivery.lastAt),
    last_status: delivery.lastStatus,
    last_error: delivery.lastError,
    last_ms: delivery.lastMs,
    created_at: isoTime(delivery.createdAt),
    delivered_at: isoTimeOrNull(delivery.deliveredAt),
  };
}
