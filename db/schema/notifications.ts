import {
  bigint,
  boolean,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import type { JsonObject } from '#server/domain/json.ts';
import type { DeliveryState, NotificationBody, TargetKind } from '#server/domain/notifications.ts';

const moment = (name: string) => timestamp(name, { withTimezone: true });

export const notificationTargets = pgTable(
  'notification_targets',
  {
    id: uuid('id').primaryKey(),
    orgId: uuid('org_id').notNull(),
    name: text('name').notNull(),
    kind: text('kind').$type<TargetKind>().notNull(),
    address: text('address').notNull(),
    events: text('events').array().notNull(),
    pipelineId: uuid('pipeline_id'),
    active: boolean('active').notNull().default(true),
    offReason: text('off_reason'),
    createdAt: moment('created_at').notNull().defaultNow(),
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [index('notification_targets_org').on(table.orgId, table.id)],
);

export const notificationOutbox = pgTable('notification_outbox', {
  id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
  orgId: uuid('org_id').notNull(),
  runId: uuid('run_id').notNull(),
});

export const notificationDeliveries = pgTable(
  'notification_deliveries',
  {
    id: uuid('id').primaryKey(),
    orgId: uuid('org_id').notNull(),
    targetId: uuid('target_id'),
    kind: text('kind').$type<TargetKind>().notNull(),
    address: text('address').notNull(),
    event: text('event').$type<NotificationBody['type']>().notNull(),
    eventKey: text('event_key').notNull(),
    listener: text('listener').notNull(),
    runId: uuid('run_id'),
    body: json('body').$type<NotificationBody>().notNull(),
    state: text('state').$type<DeliveryState>().notNull().default('waiting'),
    attempts: integer('attempts').notNull().default(0),
    triesLeft: integer('tries_left').notNull(),
    nextAt: moment('next_at').defaultNow(),
    lastAt: moment('last_at'),
    lastStatus: integer('last_status'),
    lastError: text('last_error'),
    lastMs: integer('last_ms'),
    createdAt: moment('created_at').notNull().defaultNow(),
    deliveredAt: moment('delivered_at'),
    askedBy: json('asked_by').$type<JsonObject>(),
  },
  (table) => [
    unique().on(table.orgId, table.eventKey, table.listener),
    index('notification_deliveries_org').on(table.orgId, table.id),
    index('notification_deliveries_state').on(table.orgId, table.state, table.id),
    index('notification_deliveries_target').on(table.targetId, table.id),
  ],
);

export const notificationSigning = pgTable(
  'notification_signing',
  {
    orgId: uuid('org_id').notNull(),
    scope: text('scope').notNull(),
    number: integer('number').notNull(),
    previousUntil: moment('previous_until'),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.scope] })],
);
