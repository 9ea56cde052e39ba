import { integer, json, pgTable, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { JsonObject } from '#server/domain/json.ts';

export const drafts = pgTable('drafts', {
  pipelineId: uuid('pipeline_id').primaryKey(),
  orgId: uuid('org_id').notNull(),
  revision: integer('revision').notNull(),
  document: json('document').$type<JsonObject>().notNull(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
});
