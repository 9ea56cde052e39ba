import { z } from 'zod';
import { bodyOf, type IdKind, idPattern, PREFIX_OF, taskIdText } from './id-pattern.ts';

/**
 * Public ids are a readable prefix and a UUIDv7 body in 32 hex digits, so they sort by time of birth.
 * Tables keep the bare uuid (16 bytes); `toUuid` and `fromUuid` are the only crossings.
 */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type OrgId = Branded<'org'>;
export type PipelineId = Branded<'pipe'>;
export type VersionId = Branded<'ver'>;
export type RunId = Branded<'run'>;
export type TaskId = Branded<'task'>;
export type AgentId = Branded<'agent'>;
export type LetterId = Branded<'letter'>;
export type UserId = Branded<'user'>;
export type SessionId = Branded<'session'>;
export type PasskeyId = Branded<'passkey'>;
export type KeyId = Branded<'key'>;
export type AgentTokenId = Branded<'agent-token'>;
export type InviteId = Branded<'invite'>;
export type BulkId = Branded<'bulk'>;
export type NotificationTargetId = Branded<'notification-target'>;
export type DeliveryId = Branded<'delivery'>;
export type McpConnectionId = Branded<'mcp-connection'>;
export type McpServerId = Branded<'mcp-server'>;
export type McpRuleId = Branded<'mcp-rule'>;
export type McpApprovalId = Branded<'mcp-approval'>;
export type McpQuestionId = Branded<'mcp-question'>;
export type McpCallId = Branded<'mcp-call'>;
export type AppId = Branded<'app'>;

type IdOf = {
  bulk: BulkId;
  org: OrgId;
  pipe: PipelineId;
  ver: VersionId;
  run: RunId;
  agent: AgentId;
  letter: LetterId;
  user: UserId;
  session: SessionId;
  passkey: PasskeyId;
  key: KeyId;
  agentToken: AgentTokenId;
  invite: InviteId;
  notificationTarget: NotificationTargetId;
  delivery: DeliveryId;
  mcpConnection: McpConnectionId;
  mcpServer: McpServerId;
  mcpRule: McpRuleId;
  mcpApproval: McpApprovalId;
  mcpQuestion: McpQuestionId;
  mcpCall: McpCallId;
  app: AppId;
};

/** The single tenant that exists until people can make more. */
export const DEFAULT_ORG_ID = 'org_00000000000070008000000000000001' as OrgId;

/** What belongs to the installation and to no tenant. */
export const NO_ORG_ID = `org_${'0'.repeat(32)}` as OrgId;

export function makeId<K extends IdKind>(kind: K, uuid: string): IdOf[K] {
  return `${PREFIX_OF[kind]}_${uuid.replaceAll('-', '')}` as IdOf[K];
}

/** A uuid of the database as the public id of its kind. */
export const fromUuid = makeId;

export const toUuid = bodyOf;

export const taskId = (runId: RunId, index: number): TaskId => taskIdText(runId, index) as TaskId;

export function idSchema<K extends IdKind>(kind: K): z.ZodType<IdOf[K], string> {
  const prefix = PREFIX_OF[kind];
  return z
    .string()
    .regex(idPattern(kind), `must be an id that starts with ${prefix}_`) as unknown as z.ZodType<
    IdOf[K],
    string
  >;
}

const TASK_ID = /^task_([0-9a-f]{32})_(0|[1-9]\d{0,8})$/;

export function parseTaskId(id: string): { runId: RunId; index: number } | null {
  const match = TASK_ID.exec(id);
  if (!match) return null;
  return { runId: `run_${match[1]}` as RunId, index: Number(match[2]) };
}

export const taskIdSchema = z
  .string()
  .regex(TASK_ID, 'must be a task id: task_<run>_<number>') as unknown as z.ZodType<TaskId, string>;
