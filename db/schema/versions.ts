import { boolean, integer, json, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { JsonObject } from '#server/domain/json.ts';

export const versions = pgTable('versions', {
  id: uuid('id').primaryKey(),
  orgId: uuid('org_id').notNull(),
  pipelineId: uuid('pipeline_id'),
  number: integer('number').notNull(),
  graph: json('graph').$type<JsonObject>().notNull(),
  contentHash: text('content_hash').notNull(),
  note: text('note').notNull().default(''),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  capabilities: text('capabilities').array(),
  madeBy: uuid('made_by'),
  hasMarks: boolean('has_marks').notNull().default(false),
});
