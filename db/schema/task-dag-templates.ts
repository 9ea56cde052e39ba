import { json, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { Json } from '#server/domain/json.ts';

export const taskDagTemplates = pgTable(
  'task_dag_templates',
  {
    orgId: uuid('org_id').notNull(),
    key: text('key').notNull(),
    name: text('name').notNull(),
    description: text('description').notNull().default(''),
    document: json('document').$type<Json>().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.key] })],
);
