import { json, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { JsonObject } from '#server/domain/json.ts';
import type { LogLevel } from '#server/domain/mcp.ts';

export const mcpSessions = pgTable('mcp_sessions', {
  tokenHash: text('token_hash').primaryKey(),
  orgId: uuid('org_id').notNull(),
  actor: text('actor').notNull(),
  hello: json('hello').$type<JsonObject>().notNull(),
  subscriptions: text('subscriptions').array().notNull().default([]),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  usedAt: timestamp('used_at', { withTimezone: true }).notNull().defaultNow(),
  logLevel: text('log_level').$type<LogLevel>(),
  path: text('path'),
});
