import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

export const signInLinks = pgTable('sign_in_links', {
  id: uuid('id').primaryKey(),
  tokenHash: text('token_hash').notNull(),
  kind: text('kind').$type<'owner' | 'invite'>().notNull(),
  orgId: uuid('org_id').notNull(),
  role: text('role').$type<'owner' | 'admin' | 'designer' | 'operator' | 'viewer' | 'auditor'>().notNull(),
  label: text('label').notNull().default(''),
  madeBy: uuid('made_by'),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
});
