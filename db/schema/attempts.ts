import { integer, json, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { Routing, TaskError } from '#server/domain/engine/events.ts';

export const attempts = pgTable(
  'attempts',
  {
    runId: uuid('run_id').notNull(),
    index: integer('idx').notNull(),
    epoch: integer('epoch').notNull(),
    orgId: uuid('org_id').notNull(),
    attempt: integer('attempt').notNull(),
    agentId: uuid('agent_id'),
    ended: text('ended').notNull(),
    readyAt: timestamp('ready_at', { withTimezone: true }),
    startedAt: timestamp('started_at', { withTimezone: true }),
    finishedAt: timestamp('finished_at', { withTimezone: true }).notNull(),
    error: json('error').$type<TaskError>(),
    routing: json('routing').$type<Routing>(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.index, table.epoch] })],
);
