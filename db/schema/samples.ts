import { pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** What `npm run seed` has made. */
export const samples = pgTable(
  'samples',
  {
    orgId: uuid('org_id').notNull(),
    kind: text('kind').$type<'pipeline' | 'agent'>().notNull(),
    id: uuid('id').notNull(),
    scenario: text('scenario').notNull(),
    madeAt: timestamp('made_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.kind, table.id] })],
);
