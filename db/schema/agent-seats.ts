import { index, integer, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';

export const agentSeats = pgTable(
  'agent_seats',
  {
    agentId: uuid('agent_id').notNull(),
    seat: integer('seat').notNull(),
    orgId: uuid('org_id').notNull(),
    runId: uuid('run_id').notNull(),
    idx: integer('idx').notNull(),
    epoch: integer('epoch').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.agentId, table.seat] }),
    index('agent_seats_task').on(table.runId, table.idx),
  ],
);
