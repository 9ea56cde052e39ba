import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { APPROVAL_STATES, CALL_DOORS, CALL_OUTCOMES, RULE_EFFECTS, SLUG } from '#server/domain/mcp.ts';
import { ROLES } from '#server/identity/permissions.ts';
import { decideApproval, listApprovals } from '#server/services/mcp/approvals.ts';
import { judgeCall } from '#server/services/mcp/judge.ts';
import { createRule, deleteRule, listRules } from '#server/services/mcp/rules.ts';
import { createServer, deleteServer, listServers, updateServer } from '#server/services/mcp/servers.ts';
import { listCalls, readUsage } from '#server/services/mcp/usage.ts';
import {
  mcpApprovalSchema,
  mcpCallSchema,
  mcpRuleSchema,
  mcpServerSchema,
  mcpUsageSchema,
  presentApproval,
  presentCall,
  presentRule,
  presentServer,
  presentUsage,
} from '../wire/mcp-policy.ts';
import { anyObject, nextCursor } from '../wire/values.ts';
import { EXAMPLE } from './examples.ts';
import { createdInput, durationInput, idempotencyKey, orderInput, pageInput, withCreated } from './fields.ts';
import { created, operation } from './operation.ts';

const oneServer = z.strictObject({ id: idSchema('mcpServer') });
const serverFields = {
  name: z.string().trim().min(1).max(200),
  description: z.string().max(4000).optional(),
  enabled: z.boolean().optional(),
  tools: z
    .array(
      z.strictObject({
        connection_id: idSchema('mcpConnection'),
        tool: z.string().min(1).max(128),
        name: z.string().max(128).optional().describe('As it is called there.'),
        title: z.string().min(1).max(200).optional(),
        description: z.string().min(1).max(8000).optional(),
        arguments: anyObject.optional().describe('What every call has; callers neither see nor change it.'),
      }),
    )
    .max(500),
};

const toolsOf = (tools: z.output<typeof serverFields.tools>) =>
  tools.map(({ connection_id, ...tool }) => ({ ...tool, connectionId: connection_id }));

export const mcpServers = {
  list: operation({
    method: 'GET',
    path: '/api/v1/mcp/servers',
    summary: 'List virtual MCP servers',
    input: z.strictObject(pageInput),
    output: z.object({ servers: z.array(mcpServerSchema), next_cursor: nextCursor }),
    example: { limit: 20 },
    async handle({ services, actor }, input) {
      const page = await listServers(services, actor, input);
      return { servers: page.items.map(presentServer), next_cursor: page.nextCursor };
    },
  }),

  create: operation({
    method: 'POST',
    path: '/api/v1/mcp/servers',
    summary: 'Make a virtual MCP server of chosen tools',
    input: z.strictObject({ slug: z.string().regex(SLUG), ...serverFields, idempotency_key: idempotencyKey }),
    output: mcpServerSchema,
    status: 201,
    errors: ['NOT_FOUND', 'CONFLICT', 'LIMITED'],
    example: {
      slug: EXAMPLE.newSlug,
      name: 'Research',
      tools: [{ connection_id: EXAMPLE.mcpConnection, tool: 'ask', name: 'ask_wiki' }],
    },
    async handle({ services, actor }, { tools, idempotency_key, ...input }) {
      const { isNew, ...server } = await createServer(services, actor, {
        ...input,
        tools: toolsOf(tools),
        idempotencyKey: idempotency_key,
      });
      return created(presentServer(server), '/api/v1/mcp/servers', isNew);
    },
  }),

  update: operation({
    method: 'PATCH',
    path: '/api/v1/mcp/servers/{id}',
    summary: 'Change a virtual MCP server, or switch it on or off',
    input: oneServer.extend(z.object(serverFields).partial().shape),
    output: mcpServerSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.mcpServer, description: 'For those who look things up.' },
    async handle({ services, actor }, { tools, ...input }) {
      return presentServer(
        await updateServer(services, actor, { ...input, ...(tools ? { tools: toolsOf(tools) } : {}) }),
      );
    },
  }),

  delete: operation({
    method: 'DELETE',
    path: '/api/v1/mcp/servers/{id}',
    summary: 'Delete a virtual MCP server',
    input: oneServer,
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.mcpServer },
    handle: ({ services, actor }, input) => deleteServer(services, actor, input).then(() => undefined),
  }),
};

const whoField = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('everybody') }),
  z.strictObject({ kind: z.literal('role'), subject: z.enum(ROLES) }),
  z.strictObject({ kind: z.literal('caller'), subject: z.union([idSchema('user'), idSchema('key')]) }),
  z.strictObject({ kind: z.literal('agent'), subject: z.string().min(1).max(200) }),
  z.strictObject({ kind: z.literal('pipeline'), subject: idSchema('pipe') }),
]);

export const mcpRules = {
  list: operation({
    method: 'GET',
    path: '/api/v1/mcp/rules',
    summary: 'List the rules about who may call which MCP tool',
    input: z.strictObject(pageInput),
    output: z.object({ rules: z.array(mcpRuleSchema), next_cursor: nextCursor }),
    example: { limit: 20 },
    async handle({ services, actor }, input) {
      const page = await listRules(services, actor, input);
      return { rules: page.items.map(presentRule), next_cursor: page.nextCursor };
    },
  }),

  create: operation({
    method: 'POST',
    path: '/api/v1/mcp/rules',
    summary: 'Allow a call, have people asked, or forbid it',
    description:
      'Of the rules that fit a call the strictest holds, those for the virtual server that it comes through before all others. Without any it is allowed.',
    input: z.strictObject({
      effect: z.enum(RULE_EFFECTS),
      who: whoField,
      connection_id: idSchema('mcpConnection').nullable().optional(),
      server_id: idSchema('mcpServer')
        .nullable()
        .optional()
        .describe('For calls through this virtual server alone.'),
      tool: z.string().max(128).nullable().optional(),
      idempotency_key: idempotencyKey,
    }),
    output: mcpRuleSchema,
    status: 201,
    errors: ['NOT_FOUND', 'CONFLICT', 'LIMITED'],
    example: { effect: 'ask', who: { kind: 'role', subject: 'designer' }, tool: 'delete_*' },
    async handle({ services, actor }, { effect, who, connection_id, server_id, tool, idempotency_key }) {
      const { isNew, ...rule } = await createRule(services, actor, {
        ...{ effect, who, tool: tool ?? null },
        connectionId: connection_id ?? null,
        serverId: server_id ?? null,
        idempotencyKey: idempotency_key,
      });
      return created(presentRule(rule), '/api/v1/mcp/rules', isNew);
    },
  }),

  judge: operation({
    method: 'GET',
    path: '/api/v1/mcp/rules/judge',
    summary: 'What would become of a call of an MCP tool',
    description:
      'By the rules alone, and without making it. Somebody in person, a role, or a stage of a pipeline.',
    input: z.strictObject({
      role: z.enum(ROLES).optional(),
      user_id: idSchema('user').optional(),
      agent: z.string().min(1).max(200).optional(),
      pipeline_id: idSchema('pipe').optional(),
      connection_id: idSchema('mcpConnection'),
      server_id: idSchema('mcpServer').optional().describe('Through this virtual server.'),
      tool: z.string().min(1).max(128),
    }),
    output: z.object({
      effect: z.enum(RULE_EFFECTS),
      rule_id: idSchema('mcpRule').nullable().describe('The strictest that fits; null: none does.'),
    }),
    errors: ['NOT_FOUND'],
    example: { role: 'designer', connection_id: EXAMPLE.mcpConnection, tool: 'ask' },
    async handle({ services, actor }, { user_id, pipeline_id, connection_id, server_id, ...input }) {
      const { effect, ruleId } = await judgeCall(services, actor, {
        ...{ userId: user_id, pipelineId: pipeline_id, connectionId: connection_id, serverId: server_id },
        ...input,
      });
      return { effect, rule_id: ruleId };
    },
  }),

  delete: operation({
    method: 'DELETE',
    path: '/api/v1/mcp/rules/{id}',
    summary: 'Delete a rule about MCP tools',
    input: z.strictObject({ id: idSchema('mcpRule') }),
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.mcpRule },
    handle: ({ services, actor }, input) => deleteRule(services, actor, input).then(() => undefined),
  }),
};

export const mcpApprovals = {
  list: operation({
    method: 'GET',
    path: '/api/v1/mcp/approvals',
    summary: 'List calls of MCP tools that a rule asks people about',
    description: 'Newest first, unless asked otherwise.',
    input: z.strictObject({
      ...pageInput,
      state: z.enum(APPROVAL_STATES).optional(),
      run_id: idSchema('run').optional(),
      connection_id: idSchema('mcpConnection').optional(),
      tool: z.string().min(1).max(128).optional(),
      ...createdInput,
      order: orderInput,
    }),
    output: z.object({ approvals: z.array(mcpApprovalSchema), next_cursor: nextCursor }),
    example: { limit: 20, state: 'asked' },
    async handle({ services, actor }, { run_id, connection_id, ...input }) {
      const page = await listApprovals(services, actor, {
        ...withCreated(input),
        ...{ runId: run_id, connectionId: connection_id },
      });
      return { approvals: page.items.map(presentApproval), next_cursor: page.nextCursor };
    },
  }),

  decide: operation({
    method: 'POST',
    path: '/api/v1/mcp/approvals/{id}/decide',
    summary: 'Grant or refuse a call of an MCP tool',
    description: 'A grant is used up by the call that it is for. Nobody grants their own.',
    input: z.strictObject({
      id: idSchema('mcpApproval'),
      granted: z.boolean(),
      reason: z.string().trim().min(1).max(1000).optional(),
    }),
    output: mcpApprovalSchema,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: EXAMPLE.mcpApproval, granted: false, reason: 'Not on a Friday.' },
    handle: async ({ services, actor }, { granted, ...input }) =>
      presentApproval(await decideApproval(services, actor, { ...input, isGranted: granted })),
  }),
};

export const mcpUsage = {
  stats: operation({
    method: 'GET',
    path: '/api/v1/mcp/usage/stats',
    summary: 'Count calls of MCP tools',
    input: z.strictObject({ days: z.int().min(1).max(365).optional() }),
    output: z.object({
      tools: z.array(mcpUsageSchema).describe('Those that are called most, at most 1000.'),
      more_tools: z.boolean().describe('Others are called less than those.'),
      days: z.array(z.object({ day: z.string(), calls: z.int(), faults: z.int(), refusals: z.int() })),
    }),
    example: { days: 7 },
    async handle({ services, actor }, { days }) {
      const usage = await readUsage(services, actor, { ...(days === undefined ? {} : { days }) });
      return {
        tools: usage.tools.map(presentUsage),
        more_tools: usage.hasMoreTools,
        days: usage.days,
      };
    },
  }),

  log: operation({
    method: 'GET',
    path: '/api/v1/mcp/log',
    summary: 'List calls of MCP tools',
    description: 'Newest first, unless asked otherwise, without what went in or came out.',
    input: z.strictObject({
      ...pageInput,
      connection_id: idSchema('mcpConnection').optional(),
      run_id: idSchema('run').optional(),
      outcome: z.enum(CALL_OUTCOMES).optional(),
      tool: z.string().min(1).max(128).optional().describe('As its server calls it.'),
      door: z.enum(CALL_DOORS).optional().describe('The way by which it came.'),
      caller_id: z.string().min(1).max(128).optional().describe('Who made it.'),
      min_duration_ms: durationInput,
      max_duration_ms: durationInput,
      ...createdInput,
      order: orderInput,
    }),
    output: z.object({ calls: z.array(mcpCallSchema), next_cursor: nextCursor }),
    example: { limit: 20, outcome: 'fault' },
    async handle({ services, actor }, { connection_id, run_id, caller_id, ...input }) {
      const { min_duration_ms, max_duration_ms, ...rest } = input;
      const page = await listCalls(services, actor, {
        ...withCreated(rest),
        ...{ connectionId: connection_id, runId: run_id, callerId: caller_id },
        ...{ minDurationMs: min_duration_ms, maxDurationMs: max_duration_ms },
      });
      return { calls: page.items.map(presentCall), next_cursor: page.nextCursor };
    },
  }),
};
