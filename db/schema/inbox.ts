import { pgTable, text, timestamp } from 'drizzle-orm/pg-core';

export const inbox = pgTable('inbox', {
  messageId: text('message_id').primaryKey(),
  at: timestamp('at', { withTimezone: true }).notNull().defaultNow(),
});
