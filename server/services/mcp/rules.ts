import { and, asc, count, eq, gt } from 'drizzle-orm';
import { z } from 'zod';
import { mcpConnections, mcpRules, mcpServers } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { notFound, SignalboxError } from '#server/domain/errors.ts';
import {
  fromUuid,
  idSchema,
  type McpConnectionId,
  type McpRuleId,
  type McpServerId,
  makeId,
  toUuid,
} from '#server/domain/ids.ts';
import { RULE_EFFECTS, type RuleEffect, type RuleSubjectKind } from '#server/domain/mcp.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import { ROLES } from '#server/identity/permissions.ts';
import type { Services } from '../context.ts';
import { idempotencyKeySchema, makeOnce } from '../make-once.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';

const subjectSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('everybody') }),
  z.strictObject({ kind: z.literal('role'), subject: z.enum(ROLES) }),
  z.strictObject({ kind: z.literal('caller'), subject: z.union([idSchema('user'), idSchema('key')]) }),
  z.strictObject({ kind: z.literal('agent'), subject: z.string().min(1).max(200) }),
  z.strictObject({ kind: z.literal('pipeline'), subject: idSchema('pipe') }),
]);
const idOnly = z.strictObject({ id: idSchema('mcpRule') });
const listSchema = z.strictObject(pageFields);
const createSchema = z.strictObject({
  effect: z.enum(RULE_EFFECTS),
  who: subjectSchema,
  connectionId: idSchema('mcpConnection').nullable().default(null),
  serverId: idSchema('mcpServer').nullable().default(null),
  tool: z
    .string()
    .regex(/^[^\s*]{0,127}(\*|[^\s*])$/, 'must be the name of a tool, or its beginning and a star')
    .nullable()
    .default(null),
  idempotencyKey: idempotencyKeySchema.optional(),
});
type Asked = Omit<z.output<typeof createSchema>, 'idempotencyKey'>;

const MAX_RULES = 1000;

export interface RuleView {
  id: McpRuleId;
  effect: RuleEffect;
  who: { kind: RuleSubjectKind; subject: string | null };
  connectionId: McpConnectionId | null;
  /** For calls through this virtual server alone; null: wherever they come through. */
  serverId: McpServerId | null;
  tool: string | null;
  createdAt: Date;
}

export interface CreatedRule extends RuleView {
  /** False: the same request has made it before. */
  isNew: boolean;
}

type RuleRow = typeof mcpRules.$inferSelect;

export async function listRules(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<RuleView>> {
  authorise(actor, 'mcp.read');
  const { limit, cursor } = parseInput(listSchema, input);
  const paging = { limit, cursors: services.cursors, list: 'mcp-rules' };
  const [after] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor);
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select()
      .from(mcpRules)
      .where(
        and(
          eq(mcpRules.orgId, toUuid(actor.orgId)),
          after === undefined ? undefined : gt(mcpRules.id, after),
        ),
      )
      .orderBy(asc(mcpRules.id))
      .limit(limit + 1),
  );
  return toPage(rows, paging, { placeOf: ({ id }) => [id], toItems: toRuleView });
}

/** Of the rules that fit a call the strictest holds; those for the virtual server that it comes through go before all others. */
export async function createRule(
  services: Services,
  actor: Actor,
  input: z.input<typeof createSchema>,
): Promise<CreatedRule> {
  authorise(actor, 'mcp.manage');
  const { idempotencyKey, ...request } = parseInput(createSchema, input);
  const view = await inTenant(services.db, actor.orgId, async (tx) => {
    const { id, isNew } = await makeOnce(tx, actor, {
      key: idempotencyKey,
      request: { mcpRule: request },
      make: async () => ({ id: await insertRule(tx, services, { actor, asked: request }), isNew: true }),
    });
    return { ...toRuleView(await load(tx, id)), isNew };
  });
  await services.gateway.changed(actor.orgId);
  return view;
}

async function insertRule(
  tx: TenantTransaction,
  services: Services,
  { actor, asked }: { actor: Actor; asked: Asked },
): Promise<McpRuleId> {
  const { effect, who, connectionId, serverId, tool } = asked;
  const [{ known } = { known: 0 }] = await tx.select({ known: count() }).from(mcpRules);
  if (known >= MAX_RULES) throw tooMany();
  if (connectionId) await checkConnection(tx, connectionId);
  if (serverId) await checkServer(tx, serverId);
  const id = makeId('mcpRule', services.newUuid());
  const [row] = await tx
    .insert(mcpRules)
    .values({
      ...{ id: toUuid(id), orgId: toUuid(actor.orgId), effect, tool },
      ...{ subjectKind: who.kind, subject: storedSubject(who) },
      connectionId: connectionId && toUuid(connectionId),
      serverId: serverId && toUuid(serverId),
    })
    .returning();
  if (!row) throw new Error('the rule wrote no row');
  await noteIn(tx, auditNote(actor, 'mcp-rule.created', { target: id, after: forAudit(row) }));
  return id;
}

export async function deleteRule(
  services: Services,
  actor: Actor,
  input: z.input<typeof idOnly>,
): Promise<void> {
  authorise(actor, 'mcp.manage');
  const { id } = parseInput(idOnly, input);
  await inTenant(services.db, actor.orgId, async (tx) => {
    const [gone] = await tx
      .delete(mcpRules)
      .where(eq(mcpRules.id, toUuid(id)))
      .returning();
    if (!gone) throw notFound('MCP rule', id);
    await noteIn(tx, auditNote(actor, 'mcp-rule.deleted', { target: id, before: forAudit(gone) }));
  });
  await services.gateway.changed(actor.orgId);
}

async function load(tx: TenantTransaction, id: McpRuleId): Promise<RuleRow> {
  const [row] = await tx
    .select()
    .from(mcpRules)
    .where(eq(mcpRules.id, toUuid(id)));
  if (!row) throw notFound('MCP rule', id);
  return row;
}

async function checkConnection(tx: TenantTransaction, id: McpConnectionId): Promise<void> {
  const [row] = await tx
    .select({ id: mcpConnections.id })
    .from(mcpConnections)
    .where(eq(mcpConnections.id, toUuid(id)));
  if (!row) throw notFound('MCP connection', id);
}

async function checkServer(tx: TenantTransaction, id: McpServerId): Promise<void> {
  const [row] = await tx
    .select({ id: mcpServers.id })
    .from(mcpServers)
    .where(eq(mcpServers.id, toUuid(id)));
  if (!row) throw notFound('MCP server', id);
}

type Who = z.output<typeof subjectSchema>;

/** Pipelines and people as the database has them; keys by their public id, as callers are known. */
function storedSubject(who: Who): string | null {
  if (who.kind === 'everybody') return null;
  if (who.kind === 'pipeline' || who.subject.startsWith('user_')) return toUuid(who.subject);
  return who.subject;
}

function shownSubject({ subjectKind, subject }: RuleRow): string | null {
  if (subject === null) return null;
  if (subjectKind === 'pipeline') return fromUuid('pipe', subject);
  return subjectKind === 'caller' && !subject.includes('_') ? fromUuid('user', subject) : subject;
}

function toRuleView(row: RuleRow): RuleView {
  const { effect, tool, createdAt } = row;
  return {
    id: fromUuid('mcpRule', row.id),
    ...{ effect, tool, createdAt },
    who: { kind: row.subjectKind, subject: shownSubject(row) },
    connectionId: row.connectionId === null ? null : fromUuid('mcpConnection', row.connectionId),
    serverId: row.serverId === null ? null : fromUuid('mcpServer', row.serverId),
  };
}

const forAudit = (row: RuleRow) => ({
  effect: row.effect,
  who: row.subjectKind,
  subject: shownSubject(row),
  connection: row.connectionId,
  server: row.serverId,
  tool: row.tool,
});

function tooMany(): SignalboxError {
  return new SignalboxError('LIMITED', `There are ${MAX_RULES} MCP rules already.`, {
    advice: 'Delete some that nobody needs.',
  });
}
