import { pgTable, text } from 'drizzle-orm/pg-core';

export const serverKeys = pgTable('server_keys', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
});
