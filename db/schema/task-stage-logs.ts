import { integer, json, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { JsonObject } from '#server/domain/json.ts';
import type { LogLevel } from '#server/domain/messages.ts';

export const taskStageLogs = pgTable(
  'task_stage_logs',
  {
    runId: uuid('run_id').notNull(),
    index: integer('idx').notNull(),
    epoch: integer('epoch').notNull(),
    line: integer('line').notNull(),
    orgId: uuid('org_id').notNull(),
    at: timestamp('at', { withTimezone: true }).notNull(),
    level: text('level').$type<LogLevel>().notNull(),
    message: text('message').notNull(),
    fields: json('fields').$type<JsonObject>(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.index, table.epoch, table.line] })],
);
