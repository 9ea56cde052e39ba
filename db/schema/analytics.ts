import {
  bigint,
  boolean,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

const moment = (name: string) => timestamp(name, { withTimezone: true });

export const analyticsSlices = pgTable(
  'analytics_slices',
  {
    orgId: uuid('org_id').notNull(),
    at: moment('at').notNull(),
    runs: integer('runs').notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.at] })],
);

export const analyticsProgress = pgTable('analytics_progress', {
  one: boolean('one').primaryKey().default(true),
  countedUntil: moment('counted_until'),
  hoursUntil: moment('hours_until'),
  daysUntil: moment('days_until'),
});

/** Columns of every table of counts. Their names are those of `server/domain/analytics/ledger.ts`. */
const place = {
  orgId: uuid('org_id').notNull(),
  level: smallint('level').notNull(),
  at: moment('at').notNull(),
  pipelineId: uuid('pipeline_id'),
  versionId: uuid('version_id').notNull(),
};

const runCounts = {
  succeeded: integer('succeeded').notNull(),
  failed: integer('failed').notNull(),
  cancelled: integer('cancelled').notNull(),
  durations: smallint('durations').array().notNull(),
  durationsN: integer('durations_n').array().notNull(),
};

const taskCounts = {
  tasks: integer('tasks').notNull(),
  succeeded: integer('succeeded').notNull(),
  failed: integer('failed').notNull(),
  cancelled: integer('cancelled').notNull(),
  attempts: integer('attempts').notNull(),
  failedAttempts: integer('failed_attempts').notNull(),
  lostAttempts: integer('lost_attempts').notNull(),
  busyMs: bigint('busy_ms', { mode: 'number' }).notNull(),
  criticalMs: bigint('critical_ms', { mode: 'number' }).notNull(),
  waits: smallint('waits').array().notNull(),
  waitsN: integer('waits_n').array().notNull(),
  times: smallint('times').array().notNull(),
  timesN: integer('times_n').array().notNull(),
};

export const runRollups = pgTable('run_rollups', {
  ...place,
  agentId: uuid('agent_id'),
  tag: text('tag').notNull(),
  errorGroup: text('error_group').notNull(),
  ...runCounts,
});

export const taskRollups = pgTable('task_rollups', {
  ...place,
  stageKey: text('stage_key').notNull(),
  capability: text('capability').notNull(),
  agentId: uuid('agent_id'),
  tag: text('tag').notNull(),
  ...taskCounts,
});

/** All rows of a slice, an hour or a day together, without those of an agent or a tag. The database keeps them. */
export const runTotals = pgTable(
  'run_totals',
  { orgId: place.orgId, level: place.level, at: place.at, ...runCounts },
  (table) => [primaryKey({ columns: [table.orgId, table.level, table.at] })],
);

export const taskTotals = pgTable(
  'task_totals',
  { orgId: place.orgId, level: place.level, at: place.at, ...taskCounts },
  (table) => [primaryKey({ columns: [table.orgId, table.level, table.at] })],
);

export const errorGroups = pgTable(
  'error_groups',
  {
    orgId: uuid('org_id').notNull(),
    id: text('id').notNull(),
    class: text('class').notNull(),
    code: text('code').notNull(),
    message: text('message').notNull(),
    capability: text('capability'),
    firstSeen: moment('first_seen').notNull(),
    lastSeen: moment('last_seen').notNull(),
    status: text('status').$type<'open' | 'resolved' | 'ignored'>().notNull().default('open'),
    decidedAt: moment('decided_at'),
    decidedBy: text('decided_by'),
    note: text('note').notNull().default(''),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.id] })],
);
