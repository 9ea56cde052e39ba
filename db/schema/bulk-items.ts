import { integer, json, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { Json } from '#server/domain/json.ts';

export const bulkItems = pgTable(
  'bulk_items',
  {
    bulkId: uuid('bulk_id').notNull(),
    position: integer('position').notNull(),
    orgId: uuid('org_id').notNull(),
    runId: uuid('run_id').notNull(),
    plan: json('plan').$type<Json>(),
    result: text('result').$type<'succeeded' | 'skipped' | 'failed'>(),
    made: uuid('made'),
    code: text('code'),
    message: text('message'),
  },
  (table) => [primaryKey({ columns: [table.bulkId, table.position] })],
);
