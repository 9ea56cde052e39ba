import { bigint, integer, json, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { Json } from '#server/domain/json.ts';

export const lateAnswers = pgTable('late_answers', {
  id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
  orgId: uuid('org_id').notNull(),
  runId: uuid('run_id').notNull(),
  index: integer('idx').notNull(),
  epoch: integer('epoch').notNull(),
  agentId: uuid('agent_id'),
  reason: text('reason').notNull(),
  answer: json('answer').$type<Json>().notNull(),
  at: timestamp('at', { withTimezone: true }).notNull().defaultNow(),
});
