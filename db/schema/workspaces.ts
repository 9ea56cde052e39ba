import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { JsonObject } from '#server/domain/json.ts';
import type { Edit } from '#server/domain/workspace/edits.ts';
import type { ChangeKind } from '#server/domain/workspace/history.ts';

const moment = (name: string) => timestamp(name, { withTimezone: true });
const number = (name: string) => bigint(name, { mode: 'number' });
const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

export const workspaces = pgTable(
  'workspaces',
  {
    runId: uuid('run_id').primaryKey(),
    orgId: uuid('org_id').notNull(),
    seq: number('seq').notNull().default(0),
    token: number('token').notNull().default(0),
    files: integer('files').notNull().default(0),
    bytes: number('bytes').notNull().default(0),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [index('workspaces_age').on(table.createdAt)],
);

export const workspaceBlobs = pgTable(
  'workspace_blobs',
  {
    runId: uuid('run_id').notNull(),
    hash: text('hash').notNull(),
    orgId: uuid('org_id').notNull(),
    bytes: integer('bytes').notNull(),
    content: bytea('content'),
  },
  (table) => [primaryKey({ columns: [table.runId, table.hash] })],
);

export const workspaceFiles = pgTable(
  'workspace_files',
  {
    runId: uuid('run_id').notNull(),
    path: text('path').notNull(),
    orgId: uuid('org_id').notNull(),
    version: integer('version').notNull(),
    hash: text('hash'),
    bytes: integer('bytes').notNull(),
    isText: boolean('is_text').notNull(),
    changedBy: text('changed_by').notNull(),
    changedAt: moment('changed_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.path] })],
);

export const workspaceVersions = pgTable(
  'workspace_versions',
  {
    runId: uuid('run_id').notNull(),
    path: text('path').notNull(),
    version: integer('version').notNull(),
    orgId: uuid('org_id').notNull(),
    seq: number('seq').notNull(),
    kind: text('kind').$type<ChangeKind>().notNull(),
    hash: text('hash'),
    bytes: integer('bytes').notNull(),
    isText: boolean('is_text').notNull(),
    edits: json('edits').$type<Edit[]>(),
    note: text('note'),
    holder: text('holder').notNull(),
    changedBy: text('changed_by').notNull(),
    stageKey: text('stage_key'),
    token: number('token'),
    at: moment('at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.path, table.version] }),
    uniqueIndex('workspace_versions_order').on(table.runId, table.seq, table.path),
  ],
);

export const workspaceLeases = pgTable(
  'workspace_leases',
  {
    id: uuid('id').primaryKey(),
    runId: uuid('run_id').notNull(),
    orgId: uuid('org_id').notNull(),
    holder: text('holder').notNull(),
    name: text('name').notNull(),
    patterns: text('patterns').array().notNull(),
    matchers: text('matchers').array().notNull(),
    token: number('token').notNull(),
    taskIndex: integer('task_index'),
    epoch: integer('epoch'),
    seq: number('seq').notNull(),
    takenAt: moment('taken_at').notNull(),
    expiresAt: moment('expires_at').notNull(),
    endedAt: moment('ended_at'),
    endedSeq: number('ended_seq'),
    endedBy: text('ended_by'),
    endReason: text('end_reason'),
  },
  (table) => [index('workspace_leases_run').on(table.runId, table.seq)],
);

export const workspaceCollaborators = pgTable(
  'workspace_collaborators',
  {
    runId: uuid('run_id').notNull(),
    holder: text('holder').notNull(),
    orgId: uuid('org_id').notNull(),
    name: text('name').notNull(),
    about: text('about'),
    taskIndex: integer('task_index'),
    epoch: integer('epoch'),
    joinedAt: moment('joined_at').notNull(),
    seenAt: moment('seen_at').notNull(),
    leftAt: moment('left_at'),
    readSeq: number('read_seq').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.runId, table.holder] })],
);

export const workspaceSteps = pgTable(
  'workspace_steps',
  {
    runId: uuid('run_id').notNull(),
    seq: number('seq').notNull(),
    orgId: uuid('org_id').notNull(),
    holder: text('holder').notNull(),
    name: text('name').notNull(),
    stageKey: text('stage_key'),
    level: text('level').$type<'debug' | 'info' | 'warn' | 'error'>().notNull(),
    message: text('message').notNull(),
    fields: json('fields').$type<JsonObject>(),
    at: moment('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.seq] })],
);

export const workspaceMessages = pgTable(
  'workspace_messages',
  {
    runId: uuid('run_id').notNull(),
    seq: number('seq').notNull(),
    orgId: uuid('org_id').notNull(),
    holder: text('holder').notNull(),
    name: text('name').notNull(),
    recipient: text('recipient'),
    recipientName: text('recipient_name'),
    body: text('body').notNull(),
    at: moment('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.seq] })],
);
