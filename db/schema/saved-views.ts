import { boolean, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';

export const savedViews = pgTable(
  'saved_views',
  {
    orgId: uuid('org_id').notNull(),
    actorId: text('actor_id').notNull(),
    /** The list that it is a view of: `runs`. */
    place: text('place').notNull(),
    name: text('name').notNull(),
    /** As it stands in the address, without the question mark. */
    query: text('query').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    /** For everybody in the organisation. */
    shared: boolean('shared').notNull().default(false),
    madeBy: uuid('made_by'),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.actorId, table.place, table.name] })],
);
