import { integer, json, pgEnum, pgTable, primaryKey, real, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { Routing, SkipReason, TaskError, Wait } from '#server/domain/engine/events.ts';
import type { Json } from '#server/domain/json.ts';
import { TASK_STATUSES } from '#server/domain/statuses.ts';

export const taskStatus = pgEnum('task_status', TASK_STATUSES);

export const tasks = pgTable(
  'tasks',
  {
    runId: uuid('run_id').notNull(),
    index: integer('idx').notNull(),
    orgId: uuid('org_id').notNull(),
    stageKey: text('stage_key').notNull(),
    capability: text('capability').notNull(),
    status: taskStatus('status').notNull(),
    epoch: integer('epoch').notNull(),
    attempt: integer('attempt').notNull(),
    losses: integer('losses').notNull(),
    agentId: uuid('agent_id'),
    queue: text('queue'),
    readyAt: timestamp('ready_at', { withTimezone: true }),
    startedAt: timestamp('started_at', { withTimezone: true }),
    finishedAt: timestamp('finished_at', { withTimezone: true }),
    dueAt: timestamp('due_at', { withTimezone: true }),
    queueBy: timestamp('queue_by', { withTimezone: true }),
    stopBy: timestamp('stop_by', { withTimezone: true }),
    progress: real('progress').notNull(),
    output: json('output').$type<Json>(),
    error: json('error').$type<TaskError>(),
    skip: text('skip').$type<SkipReason>(),
    wait: json('wait').$type<Wait>(),
    routing: json('routing').$type<Routing>(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.index] })],
);
