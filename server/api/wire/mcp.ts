import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import {
  CONNECTION_KINDS,
  DEFINITION_WARNINGS,
  SIGN_IN_MODES,
  TOOL_STATES,
  type ToolDefinition,
} from '#server/domain/mcp.ts';
import type { Catalogue } from '#server/services/mcp/catalogue.ts';
import type { ConnectionView } from '#server/services/mcp/connection-view.ts';
import type { Connected } from '#server/services/mcp/connections.ts';
import type { ToolView } from '#server/services/mcp/tools.ts';
import { anyObject, isoTime, isoTimeOrNull, time } from './values.ts';

const GENERATIONS = ['2025', '2026'] as const;

export const catalogueSchema = z
  .object({
    servers: z.array(
      z.object({
        server_type: z.string(),
        name: z.string(),
        about: z.string(),
        kind: z.enum(CONNECTION_KINDS),
        url: z.string().nullable(),
        program: z.string().nullable(),
        args: z.array(z.string()),
        credentials: z.array(z.object({ key: z.string(), label: z.string(), required: z.boolean() })),
        available: z.boolean(),
        obstacle: z.string().nullable().describe('Why it cannot be connected here, when it cannot.'),
      }),
    ),
    programs: z.array(z.object({ name: z.string(), command: z.string() })),
  })
  .meta({ id: 'McpCatalogue' });

export function presentCatalogue({ servers, programs }: Catalogue): z.input<typeof catalogueSchema> {
  return {
    programs,
    servers: servers.map(
      ({ key, name, about, kind, url, program, args, credentials, isAvailable, obstacle }) => ({
        ...{ server_type: key, name, about, kind, obstacle },
        url: url ?? null,
        program: program ?? null,
        args: [...(args ?? [])],
        credentials: credentials.map((each) => ({
          key: each.key,
          label: each.label,
          required: each.isRequired,
        })),
        available: isAvailable,
      }),
    ),
  };
}

export const mcpConnectionSchema = z
  .object({
    id: idSchema('mcpConnection'),
    slug: z.string().describe('What the names of its tools begin with.'),
    name: z.string(),
    kind: z.enum(CONNECTION_KINDS),
    server_type: z.string().nullable(),
    url: z.string().nullable(),
    program: z.string().nullable(),
    args: z.array(z.string()),
    sealed_names: z.array(z.string()).describe('Headers or variables whose values nobody is shown.'),
    secret_names: z.array(z.string()).describe('Stored secrets that those values name.'),
    owner_id: idSchema('user').nullable().describe('Whose alone it is; null: everybody’s.'),
    sign_in: z
      .object({
        mode: z.enum(SIGN_IN_MODES),
        client_id: z.string().nullable(),
        scope: z.string().nullable(),
        issuer: z.string().nullable().describe('Who gives out the tokens; null: nobody has signed in yet.'),
        state: z.enum(['signed-in', 'needed']).describe('Of whoever asks, or of everybody.'),
        granted: z.string().nullable(),
        wanted: z.string().nullable().describe('What the server wants beyond what was granted.'),
        expires_at: time.nullable(),
        problem: z.string().nullable(),
        may_i: z.boolean().describe('Whether whoever asks may sign in.'),
      })
      .nullable()
      .describe('Null: nobody signs in at it.'),
    enabled: z.boolean(),
    calls_per_minute: z.int(),
    max_concurrent: z.int(),
    timeout_ms: z.int(),
    max_result_bytes: z.int(),
    tools: z
      .object(Object.fromEntries(TOOL_STATES.map((state) => [state, z.int()])))
      .describe('How many there are.'),
    health: z
      .object({
        ok: z.boolean(),
        generation: z.enum(GENERATIONS).nullable(),
        server_name: z.string().nullable(),
        server_version: z.string().nullable(),
        latency_ms: z.int().nullable(),
        problem: z.string().nullable(),
        at: time,
        ok_at: time.nullable(),
      })
      .nullable(),
    breaker: z.object({ state: z.enum(['closed', 'open', 'trying']), open_until: time.nullable() }),
    in_flight: z.int().describe('Calls under way in the process that answers.'),
    session_open: z.boolean(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'McpConnection' });

export function presentConnection(view: ConnectionView): z.input<typeof mcpConnectionSchema> {
  const { id, slug, name, kind, url, program, args, enabled, health, standing } = view;
  return {
    ...{ id, slug, name, kind, url, program, args, enabled },
    server_type: view.catalogue,
    sealed_names: view.sealedNames,
    secret_names: view.secretNames,
    owner_id: view.ownerId,
    sign_in: view.signIn && presentSignIn(view.signIn),
    calls_per_minute: view.callsPerMinute,
    max_concurrent: view.maxConcurrent,
    timeout_ms: view.timeoutMs,
    max_result_bytes: view.maxResultBytes,
    tools: view.toolCounts,
    health: health && {
      ok: health.ok,
      generation: health.generation,
      server_name: health.serverName,
      server_version: health.serverVersion,
      latency_ms: health.latencyMs,
      problem: health.problem,
      at: isoTime(health.at),
      ok_at: isoTimeOrNull(health.okAt),
    },
    breaker: {
      state: standing.breaker,
      open_until: standing.openUntil === null ? null : new Date(standing.openUntil).toISOString(),
    },
    in_flight: standing.inFlight,
    session_open: standing.isOpen,
    created_at: isoTime(view.createdAt),
    updated_at: isoTime(view.updatedAt),
  };
}

function presentSignIn(view: NonNullable<ConnectionView['signIn']>) {
  const { clientId, expiresAt, mayI, ...rest } = view;
  return { ...rest, client_id: clientId, expires_at: isoTimeOrNull(expiresAt), may_i: mayI };
}

export const connectedSchema = z
  .object({
    connection_id: idSchema('mcpConnection'),
    status: z.enum(['connected', 'unreachable']),
    server_type: z.string().nullable(),
    server_name: z.string(),
    capabilities: z.array(z.string()).describe('Names of its tools. New ones wait for approval.'),
    latency_ms: z.int(),
    problem: z.string().nullable(),
    connection: mcpConnectionSchema,
  })
  .meta({ id: 'McpConnected' });

export function presentConnected({
  connection,
  examined,
  tools,
}: Connected): z.input<typeof connectedSchema> {
  return {
    connection_id: connection.id,
    status: examined.ok ? 'connected' : 'unreachable',
    server_type: connection.catalogue,
    server_name: connection.name,
    capabilities: tools,
    latency_ms: Math.round(examined.latencyMs),
    problem: examined.problem,
    connection: presentConnection(connection),
  };
}

export const definitionSchema = z
  .object({
    name: z.string(),
    title: z.string().optional(),
    description: z.string().optional(),
    inputSchema: anyObject,
    outputSchema: anyObject.optional(),
    annotations: anyObject.optional(),
  })
  .describe('As the protocol has it. The words are those of the server.')
  .meta({ id: 'McpToolDefinition' });

export const presentDefinition = (definition: ToolDefinition): z.input<typeof definitionSchema> => definition;

export const mcpToolSchema = z
  .object({
    name: z.string(),
    gateway_name: z.string().describe('As it is called through the gateway.'),
    state: z.enum(TOOL_STATES),
    definition: definitionSchema.nullable(),
    hash: z.string().nullable().describe('Of what the server says now: what an approval names.'),
    changes: z
      .array(z.object({ path: z.string(), before: z.string().nullable(), after: z.string().nullable() }))
      .describe(
        'From what was approved to what the server says now. Hidden characters are written as ⟨U+200B⟩.',
      ),
    warnings: z.array(z.enum(DEFINITION_WARNINGS)),
    tokens: z.int().describe('What it costs a model that is told of it, roughly.'),
    approved_by: z.string().nullable(),
    approved_at: time.nullable(),
    changed_at: time,
  })
  .meta({ id: 'McpTool' });

export function presentTool(view: ToolView): z.input<typeof mcpToolSchema> {
  const { name, state, definition, hash, changes, warnings, tokens } = view;
  return {
    ...{ name, state, definition, hash, changes, warnings, tokens },
    gateway_name: view.gatewayName,
    approved_by: view.approvedBy,
    approved_at: isoTimeOrNull(view.approvedAt),
    changed_at: isoTime(view.changedAt),
  };
}
