import { integer, json, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { JsonObject } from '#server/domain/json.ts';

export const bulks = pgTable('bulks', {
  id: uuid('id').primaryKey(),
  orgId: uuid('org_id').notNull(),
  action: text('action').$type<'cancel' | 'retry' | 'replay' | 'pause' | 'resume'>().notNull(),
  request: json('request').$type<JsonObject>().notNull(),
  actor: json('actor').$type<JsonObject>().notNull(),
  status: text('status').$type<'open' | 'done' | 'aborted'>().notNull(),
  total: integer('total').notNull(),
  succeeded: integer('succeeded').notNull().default(0),
  skipped: integer('skipped').notNull().default(0),
  failed: integer('failed').notNull().default(0),
  leasedUntil: timestamp('leased_until', { withTimezone: true }),
  turn: integer('turn').notNull().default(0),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  finishedAt: timestamp('finished_at', { withTimezone: true }),
  stoppedBecause: text('stopped_because'),
});
