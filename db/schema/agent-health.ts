import { json, pgTable, real, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { Json } from '#server/domain/json.ts';
import type { AgentState } from '#server/domain/routing.ts';

export const agentHealth = pgTable('agent_health', {
  agentId: uuid('agent_id').primaryKey(),
  orgId: uuid('org_id').notNull(),
  state: text('state').$type<AgentState>().notNull(),
  since: timestamp('since', { withTimezone: true }).notNull().defaultNow(),
  lastBeatAt: timestamp('last_beat_at', { withTimezone: true }),
  load: real('load'),
  detail: json('detail').$type<Json>(),
});
