import { pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';

export const pipelineStars = pgTable(
  'pipeline_stars',
  {
    orgId: uuid('org_id').notNull(),
    actorId: text('actor_id').notNull(),
    pipelineId: uuid('pipeline_id').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.actorId, table.pipelineId] })],
);
