import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

export const agentTokens = pgTable('agent_tokens', {
  id: uuid('id').primaryKey(),
  orgId: uuid('org_id').notNull(),
  agentName: text('agent_name').notNull(),
  secretHash: text('secret_hash').notNull(),
  lastFour: text('last_four').notNull(),
  expiresAt: timestamp('expires_at', { withTimezone: true }),
  madeBy: uuid('made_by'),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  revokedAt: timestamp('revoked_at', { withTimezone: true }),
  lastUsedAt: timestamp('last_used_at', { withTimezone: true }),
});
