import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

export const signInFlows = pgTable('sign_in_flows', {
  stateHash: text('state_hash').primaryKey(),
  browserHash: text('browser_hash').notNull(),
  provider: text('provider').notNull(),
  nonce: text('nonce').notNull(),
  codeVerifier: text('code_verifier').notNull(),
  redirectUri: text('redirect_uri').notNull(),
  next: text('next').notNull(),
  linkHash: text('link_hash'),
  userId: uuid('user_id'),
  expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
});
