import { json, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';

export const appConnections = pgTable('app_connections', {
  id: uuid('id').primaryKey(),
  orgId: uuid('org_id').notNull(),
  userId: uuid('user_id').notNull(),
  clientId: text('client_id').notNull(),
  name: text('name').notNull(),
  redirectHost: text('redirect_host').notNull(),
  scopes: text('scopes').array().notNull(),
  allowedAt: timestamp('allowed_at', { withTimezone: true }).notNull().defaultNow(),
  connectedAt: timestamp('connected_at', { withTimezone: true }),
  lastUsedAt: timestamp('last_used_at', { withTimezone: true }),
  lastUsedFrom: text('last_used_from'),
  path: text('path').notNull().default('/mcp'),
});

export const appClients = pgTable('app_clients', {
  id: text('id').primaryKey(),
  metadata: json('metadata').notNull(),
  registeredAt: timestamp('registered_at', { withTimezone: true }).notNull().defaultNow(),
  allowedAt: timestamp('allowed_at', { withTimezone: true }),
});

export const appRecords = pgTable(
  'app_records',
  {
    kind: text('kind').notNull(),
    idHash: text('id_hash').notNull(),
    connectionId: uuid('connection_id'),
    grantId: text('grant_id'),
    payload: json('payload').notNull(),
    consumedAt: timestamp('consumed_at', { withTimezone: true }),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.kind, table.idHash] })],
);
