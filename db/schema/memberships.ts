import { pgTable, pgView, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** The words of `server/identity/permissions.ts`, which the database checks. */
type Role = 'owner' | 'admin' | 'designer' | 'operator' | 'viewer' | 'auditor';

export const memberships = pgTable(
  'memberships',
  {
    orgId: uuid('org_id').notNull(),
    userId: uuid('user_id').notNull(),
    role: text('role').$type<Role>().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
    usedAt: timestamp('used_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.userId] })],
);

/** Memberships with names, of the transaction's tenant only. */
export const members = pgView('members', {
  orgId: uuid('org_id').notNull(),
  userId: uuid('user_id').notNull(),
  name: text('name').notNull(),
  email: text('email'),
  role: text('role').$type<Role>().notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
}).existing();
