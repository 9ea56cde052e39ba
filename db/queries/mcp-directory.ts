import { toUuid } from '#server/domain/ids.ts';
import type {
  ConnectionKind,
  RuleEffect,
  RuleSubjectKind,
  ServerTool,
  SignInSettings,
  ToolDefinition,
} from '#server/domain/mcp.ts';
import type { Sql } from '../client.ts';
import { partOf } from '../parts.ts';

/** Rows of one tenant as the gateway works with them. Each statement names the tenant itself. */
export interface ConnectionRow {
  id: string;
  slug: string;
  name: string;
  kind: ConnectionKind;
  url: string | null;
  command: string | null;
  args: string[];
  sealedNames: string[];
  /** Of the secrets that they name. */
  secretNames: string[];
  ownerId: string | null;
  /** Null: nobody signs in at it. */
  signIn: SignInSettings | null;
  enabled: boolean;
  callsPerMinute: number;
  maxConcurrent: number;
  timeoutMs: number;
  maxResultBytes: number;
  version: number;
}

export interface ToolRow {
  connectionId: string;
  name: string;
  pinned: ToolDefinition | null;
  pinnedHash: string | null;
  offeredHash: string | null;
  blocked: boolean;
}

export interface ServerRow {
  id: string;
  slug: string;
  name: string;
  description: string;
  enabled: boolean;
  tools: ServerTool[];
}

export interface RuleRow {
  id: string;
  effect: RuleEffect;
  subjectKind: RuleSubjectKind;
  subject: string | null;
  connectionId: string | null;
  serverId: string | null;
  tool: string | null;
}

export interface DirectoryRows {
  connections: ConnectionRow[];
  tools: ToolRow[];
  servers: ServerRow[];
  rules: RuleRow[];
}

export async function readDirectory(sql: Sql, orgUuid: string): Promise<DirectoryRows> {
  const [connections, tools, servers, rules] = await Promise.all([
    sql<ConnectionRow[]>`
      SELECT replace(id::text, '-', '') AS id, slug, name, kind, url, command, to_json(args) AS args,
        to_json(sealed_names) AS "sealedNames", to_json(secret_names) AS "secretNames",
        replace(owner_id::text, '-', '') AS "ownerId", sign_in AS "signIn", enabled, calls_per_minute AS "callsPerMinute",
        max_concurrent AS "maxConcurrent", timeout_ms AS "timeoutMs", max_result_bytes AS "maxResultBytes", version
      FROM mcp_connections WHERE org_id = ${orgUuid}::text::uuid ORDER BY slug`,
    sql<ToolRow[]>`
      SELECT replace(connection_id::text, '-', '') AS "connectionId", name, pinned, pinned_hash AS "pinnedHash",
        offered_hash AS "offeredHash", blocked
      FROM mcp_tools WHERE org_id = ${orgUuid}::text::uuid ORDER BY connection_id, name`,
    sql<ServerRow[]>`
      SELECT replace(id::text, '-', '') AS id, slug, name, description, enabled, tools
      FROM mcp_servers WHERE org_id = ${orgUuid}::text::uuid ORDER BY slug`,
    sql<RuleRow[]>`
      SELECT replace(id::text, '-', '') AS id, effect, subject_kind AS "subjectKind", subject,
        replace(connection_id::text, '-', '') AS "connectionId", replace(server_id::text, '-', '') AS "serverId", tool
      FROM mcp_rules WHERE org_id = ${orgUuid}::text::uuid ORDER BY id`,
  ]);
  return { connections, tools, servers, rules };
}

/**
 * Who a stage works for. A run without a pipeline is a task of its own, or one that is done again: what it was made from
 * stands in its metadata, where only that submission writes. Rules for a pipeline hold for its stages however they run.
 */
export interface RunOwner {
  orgUuid: string;
  pipelineUuid: string | null;
}

export async function readRunOwner(sql: Sql, runId: string): Promise<RunOwner | null> {
  const [row] = await sql<RunOwner[]>`
    SELECT replace(org_id::text, '-', '') AS "orgUuid",
      coalesce(replace(pipeline_id::text, '-', ''), substring(metadata ->> 'pipeline_id' FROM '^pipe_([0-9a-f]{32})$')) AS "pipelineUuid"
    FROM ${sql(`runs_${partOf(runId)}`)} WHERE id = ${toUuid(runId)}::text::uuid`;
  return row ?? null;
}
