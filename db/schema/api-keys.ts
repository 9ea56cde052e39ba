import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

export const apiKeys = pgTable('api_keys', {
  id: uuid('id').primaryKey(),
  orgId: uuid('org_id').notNull(),
  name: text('name').notNull(),
  role: text('role').$type<'owner' | 'admin' | 'designer' | 'operator' | 'viewer' | 'auditor'>().notNull(),
  scopes: text('scopes').array(),
  secretHash: text('secret_hash').notNull(),
  lastFour: text('last_four').notNull(),
  previousHash: text('previous_hash'),
  previousUntil: timestamp('previous_until', { withTimezone: true }),
  networks: text('networks').array(),
  expiresAt: timestamp('expires_at', { withTimezone: true }),
  madeBy: uuid('made_by'),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  revokedAt: timestamp('revoked_at', { withTimezone: true }),
  lastUsedAt: timestamp('last_used_at', { withTimezone: true }),
  lastUsedFrom: text('last_used_from'),
});
