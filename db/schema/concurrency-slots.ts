import { integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';

export const concurrencySlots = pgTable(
  'concurrency_slots',
  {
    orgId: uuid('org_id').notNull(),
    key: text('key').notNull(),
    used: integer('used').notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.key] })],
);
