import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { memberships } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { fromUuid, idSchema, type McpRuleId, toUuid, type UserId } from '#server/domain/ids.ts';
import type { RuleEffect } from '#server/domain/mcp.ts';
import { judge } from '#server/gateway/tenant/rules.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { ROLES } from '#server/identity/permissions.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

const judgeSchema = z.strictObject({
  role: z.enum(ROLES).optional(),
  userId: idSchema('user').optional(),
  agent: z.string().min(1).max(200).optional(),
  pipelineId: idSchema('pipe').optional(),
  connectionId: idSchema('mcpConnection'),
  /** The virtual server that it would come through. */
  serverId: idSchema('mcpServer').optional(),
  tool: z.string().min(1).max(128),
});

export interface Judged {
  effect: RuleEffect;
  /** Null: no rule fits. */
  ruleId: McpRuleId | null;
}

/** What would become of a call, if somebody made it now. Nobody makes it. */
export async function judgeCall(
  services: Services,
  actor: Actor,
  input: z.input<typeof judgeSchema>,
): Promise<Judged> {
  authorise(actor, 'mcp.read');
  const { role, userId, agent, pipelineId, connectionId, serverId, tool } = parseInput(judgeSchema, input);
  const { rules, connections, servers } = await services.gateway.directoryOf(actor.orgId);
  if (!connections.has(toUuid(connectionId))) throw notFound('MCP connection', connectionId);
  const serverUuid = serverId === undefined ? null : toUuid(serverId);
  if (serverId !== undefined && ![...servers.values()].some(({ id }) => id === serverUuid)) {
    throw notFound('MCP server', serverId);
  }
  const found = judge(
    rules,
    {
      ...{ orgId: actor.orgId, kind: userId ? 'person' : 'agent', name: '', door: 'api' },
      id: userId ?? '',
      userUuid: userId ? toUuid(userId) : null,
      role: userId ? await roleOf(services, actor, userId) : (role ?? null),
      makerRole: null,
      run:
        agent === undefined && pipelineId === undefined
          ? null
          : {
              ...{ runUuid: '', taskIndex: 0, agent: agent ?? '' },
              pipelineUuid: pipelineId ? toUuid(pipelineId) : null,
            },
    },
    { connectionId: toUuid(connectionId), serverId: serverUuid, tool },
  );
  return { effect: found.effect, ruleId: found.rule && fromUuid('mcpRule', found.rule.id) };
}

async function roleOf(services: Services, actor: Actor, userId: UserId): Promise<string | null> {
  const [row] = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select({ role: memberships.role })
      .from(memberships)
      .where(and(eq(memberships.orgId, toUuid(actor.orgId)), eq(memberships.userId, toUuid(userId)))),
  );
  return row?.role ?? null;
}
