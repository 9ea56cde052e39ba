import { integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

export const deadLetters = pgTable('dead_letters', {
  id: uuid('id').primaryKey().defaultRandom(),
  orgId: uuid('org_id'),
  queue: text('queue').notNull(),
  reason: text('reason').notNull(),
  body: text('body').notNull(),
  runId: uuid('run_id'),
  taskIndex: integer('task_idx'),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  closedAt: timestamp('closed_at', { withTimezone: true }),
  closedHow: text('closed_how'),
});
