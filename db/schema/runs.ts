import { integer, json, pgEnum, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { TaskError } from '#server/domain/engine/events.ts';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { RUN_STATUSES } from '#server/domain/statuses.ts';

export const runStatus = pgEnum('run_status', RUN_STATUSES);

export const runs = pgTable('runs', {
  id: uuid('id').primaryKey(),
  orgId: uuid('org_id').notNull(),
  pipelineId: uuid('pipeline_id'),
  versionId: uuid('version_id').notNull(),
  status: runStatus('status').notNull(),
  seq: integer('seq').notNull(),
  revision: integer('revision').notNull(),
  wakeAt: timestamp('wake_at', { withTimezone: true }),
  deadlineAt: timestamp('deadline_at', { withTimezone: true }),
  forceAt: timestamp('force_at', { withTimezone: true }),
  failing: json('failing').$type<TaskError>(),
  error: json('error').$type<TaskError>(),
  input: json('input').$type<Json>().notNull(),
  parameters: json('parameters').$type<JsonObject>().notNull(),
  metadata: json('metadata').$type<JsonObject>().notNull(),
  notification: json('notification').$type<Json>(),
  trigger: text('trigger').notNull(),
  replayOf: uuid('replay_of'),
  replayFrom: text('replay_from'),
  tasksTotal: integer('tasks_total').notNull(),
  tasksLeft: integer('tasks_left').notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  finishedAt: timestamp('finished_at', { withTimezone: true }),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
  errorGroup: text('error_group'),
  labels: text('labels').array(),
});
