import { bigint, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

export const storedObjects = pgTable('stored_objects', {
  hash: text('hash').primaryKey(),
  bytes: bigint('bytes', { mode: 'number' }).notNull(),
  orgs: uuid('orgs').array().notNull(),
  touchedAt: timestamp('touched_at', { withTimezone: true }).notNull().defaultNow(),
  doomedAt: timestamp('doomed_at', { withTimezone: true }),
});
