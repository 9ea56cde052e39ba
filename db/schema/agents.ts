import { integer, json, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { Json, JsonObject } from '#server/domain/json.ts';
import type { AgentState, Transport } from '#server/domain/routing.ts';

export const agents = pgTable('agents', {
  id: uuid('id').primaryKey(),
  orgId: uuid('org_id').notNull(),
  name: text('name').notNull(),
  instance: text('instance').notNull().default('default'),
  generation: integer('generation').notNull().default(1),
  type: text('type').notNull().default('worker'),
  transport: text('transport').$type<Transport>().notNull(),
  version: text('version').notNull().default(''),
  capabilities: json('capabilities').$type<Json>().notNull(),
  labels: text('labels').array().notNull().default([]),
  endpoints: json('endpoints').$type<JsonObject>(),
  resources: json('resources').$type<JsonObject>(),
  maxConcurrency: integer('max_concurrency').notNull().default(1),
  ordered: text('ordered').$type<AgentState>(),
  orderedReason: text('ordered_reason'),
  orderedAt: timestamp('ordered_at', { withTimezone: true }),
  registeredAt: timestamp('registered_at', { withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
});
