import { pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { AgentPresence } from '#server/domain/routing.ts';

export const agentHistory = pgTable(
  'agent_history',
  {
    orgId: uuid('org_id').notNull(),
    agentId: uuid('agent_id').notNull(),
    at: timestamp('at', { withTimezone: true }).notNull().defaultNow(),
    state: text('state').$type<AgentPresence>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.agentId, table.at] })],
);
