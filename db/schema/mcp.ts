import {
  bigint,
  boolean,
  date,
  index,
  integer,
  json,
  pgTable,
  pgView,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import type { JsonObject } from '#server/domain/json.ts';
import type {
  AnswerAction,
  Answers,
  ApprovalState,
  CallDoor,
  CallerNote,
  CallOutcome,
  ConnectionKind,
  Generation,
  QuestionPart,
  QuestionState,
  RuleEffect,
  RuleSubjectKind,
  ServerTool,
  SignInSettings,
  SignInState,
  ToolDefinition,
} from '#server/domain/mcp.ts';

const moment = (name: string) => timestamp(name, { withTimezone: true });
const big = (name: string) => bigint(name, { mode: 'number' });

export const mcpConnections = pgTable(
  'mcp_connections',
  {
    id: uuid('id').primaryKey(),
    orgId: uuid('org_id').notNull(),
    slug: text('slug').notNull(),
    name: text('name').notNull(),
    kind: text('kind').$type<ConnectionKind>().notNull(),
    catalogue: text('catalogue'),
    url: text('url'),
    command: text('command'),
    args: text('args').array().notNull().default([]),
    sealedNames: text('sealed_names').array().notNull().default([]),
    ownerId: uuid('owner_id'),
    enabled: boolean('enabled').notNull().default(true),
    callsPerMinute: integer('calls_per_minute').notNull().default(600),
    maxConcurrent: integer('max_concurrent').notNull().default(16),
    timeoutMs: integer('timeout_ms').notNull().default(60_000),
    maxResultBytes: integer('max_result_bytes').notNull().default(1_048_576),
    version: integer('version').notNull().default(1),
    createdAt: moment('created_at').notNull().defaultNow(),
    updatedAt: moment('updated_at').notNull().defaultNow(),
    signIn: json('sign_in').$type<SignInSettings>(),
    secretNames: text('secret_names').array().notNull().default([]),
  },
  (table) => [unique().on(table.orgId, table.slug), index('mcp_connections_org').on(table.orgId, table.id)],
);

export const mcpHealth = pgTable('mcp_health', {
  connectionId: uuid('connection_id').primaryKey(),
  orgId: uuid('org_id').notNull(),
  ok: boolean('ok').notNull(),
  generation: text('generation').$type<Generation>(),
  serverName: text('server_name'),
  serverVersion: text('server_version'),
  latencyMs: integer('latency_ms'),
  problem: text('problem'),
  at: moment('at').notNull().defaultNow(),
  okAt: moment('ok_at'),
});

export const mcpTools = pgTable(
  'mcp_tools',
  {
    connectionId: uuid('connection_id').notNull(),
    orgId: uuid('org_id').notNull(),
    name: text('name').notNull(),
    pinned: json('pinned').$type<ToolDefinition>(),
    pinnedHash: text('pinned_hash'),
    offered: json('offered').$type<ToolDefinition>(),
    offeredHash: text('offered_hash'),
    blocked: boolean('blocked').notNull().default(false),
    approvedBy: text('approved_by'),
    approvedAt: moment('approved_at'),
    changedAt: moment('changed_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.connectionId, table.name] }),
    index('mcp_tools_org').on(table.orgId, table.connectionId),
  ],
);

export const mcpServers = pgTable(
  'mcp_servers',
  {
    id: uuid('id').primaryKey(),
    orgId: uuid('org_id').notNull(),
    slug: text('slug').notNull(),
    name: text('name').notNull(),
    description: text('description').notNull().default(''),
    tools: json('tools').$type<ServerTool[]>().notNull(),
    enabled: boolean('enabled').notNull().default(true),
    createdAt: moment('created_at').notNull().defaultNow(),
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [unique().on(table.orgId, table.slug)],
);

export const mcpRules = pgTable(
  'mcp_rules',
  {
    id: uuid('id').primaryKey(),
    orgId: uuid('org_id').notNull(),
    effect: text('effect').$type<RuleEffect>().notNull(),
    subjectKind: text('subject_kind').$type<RuleSubjectKind>().notNull(),
    subject: text('subject'),
    connectionId: uuid('connection_id'),
    tool: text('tool'),
    createdAt: moment('created_at').notNull().defaultNow(),
    serverId: uuid('server_id'),
  },
  (table) => [index('mcp_rules_org').on(table.orgId, table.id)],
);

export const mcpApprovals = pgTable(
  'mcp_approvals',
  {
    id: uuid('id').primaryKey(),
    orgId: uuid('org_id').notNull(),
    connectionId: uuid('connection_id').notNull(),
    tool: text('tool').notNull(),
    arguments: json('arguments').$type<JsonObject>().notNull(),
    callHash: text('call_hash').notNull(),
    caller: json('caller').$type<CallerNote>().notNull(),
    runId: uuid('run_id'),
    taskIndex: integer('task_index'),
    state: text('state').$type<ApprovalState>().notNull().default('asked'),
    decidedBy: text('decided_by'),
    reason: text('reason'),
    decidedAt: moment('decided_at'),
    expiresAt: moment('expires_at').notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [index('mcp_approvals_org').on(table.orgId, table.id)],
);

export const mcpQuestions = pgTable(
  'mcp_questions',
  {
    id: uuid('id').primaryKey(),
    orgId: uuid('org_id').notNull(),
    connectionId: uuid('connection_id').notNull(),
    tool: text('tool').notNull(),
    definitionHash: text('definition_hash').notNull(),
    sender: text('sender').notNull(),
    runId: uuid('run_id').notNull(),
    taskIndex: integer('task_index').notNull(),
    epoch: integer('epoch').notNull(),
    callHash: text('call_hash').notNull(),
    repeatable: boolean('repeatable').notNull(),
    carriedName: text('carried_name'),
    parts: json('parts').$type<QuestionPart[]>().notNull(),
    state: text('state').$type<QuestionState>().notNull().default('asked'),
    answers: json('answers').$type<Answers>(),
    actions: json('actions').$type<Record<string, AnswerAction>>(),
    decidedBy: text('decided_by'),
    decidedAt: moment('decided_at'),
    expiresAt: moment('expires_at').notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    index('mcp_questions_org').on(table.orgId, table.id),
    index('mcp_questions_task').on(table.runId, table.taskIndex, table.id),
  ],
);

export const mcpSignIns = pgTable(
  'mcp_sign_ins',
  {
    connectionId: uuid('connection_id').notNull(),
    orgId: uuid('org_id').notNull(),
    holderId: uuid('holder_id').notNull(),
    userId: uuid('user_id'),
    state: text('state').$type<SignInState>().notNull(),
    issuer: text('issuer').notNull(),
    scope: text('scope'),
    wantedScope: text('wanted_scope'),
    canRenew: boolean('can_renew').notNull(),
    expiresAt: moment('expires_at'),
    problem: text('problem'),
    renewingUntil: moment('renewing_until'),
    changedAt: moment('changed_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.connectionId, table.holderId] }),
    index('mcp_sign_ins_org').on(table.orgId, table.connectionId),
  ],
);

export const mcpCalls = pgTable(
  'mcp_calls',
  {
    id: uuid('id').primaryKey(),
    orgId: uuid('org_id').notNull(),
    connectionId: uuid('connection_id').notNull(),
    tool: text('tool').notNull(),
    door: text('door').$type<CallDoor>().notNull(),
    callerKind: text('caller_kind').notNull(),
    callerId: text('caller_id').notNull(),
    callerName: text('caller_name').notNull(),
    runId: uuid('run_id'),
    outcome: text('outcome').$type<CallOutcome>().notNull(),
    problem: text('problem'),
    ms: integer('ms').notNull(),
    sentBytes: integer('sent_bytes').notNull(),
    gotBytes: integer('got_bytes').notNull(),
    at: moment('at').notNull(),
  },
  (table) => [
    index('mcp_calls_org').on(table.orgId, table.id),
    index('mcp_calls_connection').on(table.orgId, table.connectionId, table.id),
  ],
);

export const mcpUsage = pgTable(
  'mcp_usage',
  {
    orgId: uuid('org_id').notNull(),
    connectionId: uuid('connection_id').notNull(),
    tool: text('tool').notNull(),
    day: date('day').notNull(),
    calls: big('calls').notNull(),
    toolErrors: big('tool_errors').notNull(),
    faults: big('faults').notNull(),
    refusals: big('refusals').notNull(),
    totalMs: big('total_ms').notNull(),
    maxMs: integer('max_ms').notNull(),
    gotBytes: big('got_bytes').notNull(),
    lastAt: moment('last_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.connectionId, table.tool, table.day] }),
    index('mcp_usage_day').on(table.day),
  ],
);

export const mcpUsageSummary = pgView('mcp_usage_summary', {
  orgId: uuid('org_id').notNull(),
  connectionId: uuid('connection_id').notNull(),
  /** Null: the connection is gone. */
  connection: text('connection'),
  tool: text('tool').notNull(),
  calls: big('calls').notNull(),
  toolErrors: big('tool_errors').notNull(),
  faults: big('faults').notNull(),
  refusals: big('refusals').notNull(),
  meanMs: big('mean_ms'),
  maxMs: integer('max_ms').notNull(),
  gotBytes: big('got_bytes').notNull(),
  firstDay: date('first_day').notNull(),
  lastAt: moment('last_at').notNull(),
}).existing();
