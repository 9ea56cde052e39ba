import { pgTable, primaryKey, timestamp, uuid } from 'drizzle-orm/pg-core';

export const pipelineGrants = pgTable(
  'pipeline_grants',
  {
    orgId: uuid('org_id').notNull(),
    pipelineId: uuid('pipeline_id').notNull(),
    userId: uuid('user_id').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.pipelineId, table.userId] })],
);
