import { bigint, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';

export const runObjects = pgTable(
  'run_objects',
  {
    runId: uuid('run_id').notNull(),
    hash: text('hash').notNull(),
    orgId: uuid('org_id').notNull(),
    bytes: bigint('bytes', { mode: 'number' }).notNull(),
    contentType: text('content_type').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.hash] })],
);
