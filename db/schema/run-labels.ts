import { pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';

export const runLabels = pgTable(
  'run_labels',
  {
    orgId: uuid('org_id').notNull(),
    label: text('label').notNull(),
    runId: uuid('run_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.label, table.runId] })],
);
