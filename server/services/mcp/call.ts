import { z } from 'zod';
import { SignalboxError } from '#server/domain/errors.ts';
import { idSchema, type McpConnectionId, toUuid } from '#server/domain/ids.ts';
import { isJsonObject, type JsonObject } from '#server/domain/json.ts';
import { jsonObjectSchema } from '#server/domain/json-shape.ts';
import type { Askable, LogEar, Progress } from '#server/domain/mcp.ts';
import { type CallDoor, SLUG, type ToolDefinition } from '#server/domain/mcp.ts';
import type { CallAnswer } from '#server/gateway/gateway.ts';
import type { GatewayCaller } from '#server/gateway/tenant/caller.ts';
import { gatewayName } from '#server/gateway/tenant/directory.ts';
import type { View } from '#server/gateway/tenant/views.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

const viewSchema = z.strictObject({
  /** Of a virtual server; left out: all that is connected. */
  server: z.string().regex(SLUG).optional(),
});
const callSchema = z.strictObject({
  ...viewSchema.shape,
  /** As the list has it. */
  tool: z.string().min(1).max(128),
  arguments: jsonObjectSchema.default({}),
});
const askSchema = z.strictObject({
  connectionId: idSchema('mcpConnection').optional(),
  repoName: z.string().min(1).max(200),
  question: z.string().min(1).max(10_000),
});

export interface CallContext {
  door: CallDoor;
  signal: AbortSignal;
  onProgress?: ((progress: Progress) => void) | undefined;
  askable?: Askable | undefined;
  log?: LogEar | undefined;
}

/** What the actor may call, with the definitions that were approved. Never empty: rejects when there is nothing. */
export async function listGatewayTools(
  services: Services,
  actor: Actor,
  input: z.input<typeof viewSchema>,
): Promise<ToolDefinition[]> {
  authorise(actor, 'mcp.read');
  const { server } = parseInput(viewSchema, input);
  return services.gateway.listTools(
    toCaller(actor, server === undefined ? 'gateway' : 'server'),
    viewOf(server),
  );
}

/** Null: there is none of that name. Rejects when it is there and cannot be called. */
export async function inputOfGatewayTool(
  services: Services,
  actor: Actor,
  input: z.input<typeof callSchema>,
): Promise<JsonObject | null> {
  authorise(actor, 'mcp.call');
  const { server, tool } = parseInput(callSchema, input);
  const door = server === undefined ? 'gateway' : 'server';
  return services.gateway.inputOfTool(toCaller(actor, door), { view: viewOf(server), name: tool });
}

/** What it answers is the word of another server: data, never instructions. */
export async function callGatewayTool(
  services: Services,
  actor: Actor,
  { input, door, ...more }: CallContext & { input: z.input<typeof callSchema> },
): Promise<CallAnswer> {
  authorise(actor, 'mcp.call');
  const { server, tool, arguments: args } = parseInput(callSchema, input);
  return services.gateway.callTool(toCaller(actor, door), {
    view: viewOf(server),
    name: tool,
    args,
    ...more,
  });
}

export interface WikiAnswer {
  question: string;
  answer: string;
  connectionId: McpConnectionId;
  isError: boolean;
  ms: number;
}

const DEEPWIKI = 'deepwiki';
const ASK = 'ask_question';

/** The one tool of DeepWiki that most people want, without knowing its name. */
export async function askDeepwiki(
  services: Services,
  actor: Actor,
  { input, signal }: { input: z.input<typeof askSchema>; signal: AbortSignal },
): Promise<WikiAnswer> {
  authorise(actor, 'mcp.call');
  const { connectionId, repoName, question } = parseInput(askSchema, input);
  const { connections, bySlug } = await services.gateway.directoryOf(actor.orgId);
  const connection =
    connectionId === undefined ? bySlug.get(DEEPWIKI) : connections.get(toUuid(connectionId));
  if (!connection) throw notConnected(connectionId);
  const name = gatewayName(connection.slug, ASK);
  const args = { repoName, question };
  const { result, isError, ms } = await services.gateway.callTool(toCaller(actor, 'api'), {
    ...{ view: { kind: 'all' }, name, args, signal },
  });
  return {
    ...{ question, isError, ms, answer: textOf(result) },
    connectionId: `mcpc_${connection.id}` as McpConnectionId,
  };
}

const viewOf = (server: string | undefined): View =>
  server === undefined ? { kind: 'all' } : { kind: 'server', slug: server };

export function toCaller(actor: Actor, door: CallDoor): GatewayCaller {
  const { orgId, kind, id, name, role, ceiling, userId } = actor;
  const makerRole = ceiling?.role ?? null;
  return { orgId, kind, id, name, role, makerRole, door, userUuid: userId && toUuid(userId), run: null };
}

function textOf({ content }: JsonObject): string {
  if (!Array.isArray(content)) return '';
  return content
    .flatMap((part) => (isJsonObject(part) && typeof part.text === 'string' ? [part.text] : []))
    .join('\n');
}

function notConnected(id: McpConnectionId | undefined): SignalboxError {
  return new SignalboxError('NOT_FOUND', `There is no connection ${id ?? DEEPWIKI}.`, {
    advice: 'Connect it: POST /api/v1/mcp/connect with {"server_type": "deepwiki"}, and approve its tools.',
  });
}
