import { bigint, integer, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';

export const agentPerformance = pgTable(
  'agent_performance',
  {
    orgId: uuid('org_id').notNull(),
    agentId: uuid('agent_id').notNull(),
    capability: text('capability').notNull(),
    minute: timestamp('minute', { withTimezone: true }).notNull(),
    succeeded: integer('succeeded').notNull().default(0),
    failed: integer('failed').notNull().default(0),
    lost: integer('lost').notNull().default(0),
    busyMs: bigint('busy_ms', { mode: 'number' }).notNull().default(0),
    maxMs: integer('max_ms').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.agentId, table.capability, table.minute] })],
);
