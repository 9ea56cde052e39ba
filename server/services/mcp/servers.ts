import { and, asc, count, eq, gt } from 'drizzle-orm';
import { z } from 'zod';
import { mcpConnections, mcpServers } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { invalid, notFound, SignalboxError } from '#server/domain/errors.ts';
import {
  fromUuid,
  idSchema,
  type McpConnectionId,
  type McpServerId,
  makeId,
  toUuid,
} from '#server/domain/ids.ts';
import { type JsonObject, measureJson } from '#server/domain/json.ts';
import { jsonObjectSchema } from '#server/domain/json-shape.ts';
import { MAX_TOOL_NAME, type ServerTool } from '#server/domain/mcp.ts';
import { gatewayName } from '#server/gateway/tenant/directory.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { idempotencyKeySchema, makeOnce } from '../make-once.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { slugSchema } from './connection-fields.ts';

const toolSchema = z.strictObject({
  connectionId: idSchema('mcpConnection'),
  tool: z.string().min(1).max(128),
  name: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,128}$/, 'must be 1 to 128 letters, digits, _ . or -')
    .optional(),
  title: z.string().min(1).max(200).optional(),
  description: z.string().min(1).max(8000).optional(),
  arguments: jsonObjectSchema.optional(),
});
const fields = {
  name: z.string().trim().min(1).max(200),
  description: z.string().max(4000),
  tools: z.array(toolSchema).max(500),
  enabled: z.boolean(),
};
const idOnly = z.strictObject({ id: idSchema('mcpServer') });
const listSchema = z.strictObject(pageFields);
const createSchema = z.strictObject({
  slug: slugSchema,
  ...fields,
  description: fields.description.default(''),
  enabled: fields.enabled.default(true),
  idempotencyKey: idempotencyKeySchema.optional(),
});
type Asked = Omit<z.output<typeof createSchema>, 'idempotencyKey'>;
const updateSchema = z.strictObject({ ...z.object(fields).partial().shape, ...idOnly.shape });

const MAX_SERVERS = 200;
const PRESET = { maxBytes: 65_536, maxDepth: 32 };

export interface ServerToolView {
  connectionId: McpConnectionId;
  tool: string;
  name: string | null;
  title: string | null;
  description: string | null;
  arguments: JsonObject | null;
}

/** Chosen tools of several connections, reached at an endpoint of its own. */
export interface ServerView {
  id: McpServerId;
  slug: string;
  name: string;
  description: string;
  enabled: boolean;
  tools: ServerToolView[];
  createdAt: Date;
  updatedAt: Date;
}

export interface CreatedServer extends ServerView {
  /** False: the same request has made it before. */
  isNew: boolean;
}

type ServerRow = typeof mcpServers.$inferSelect;

export async function listServers(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<ServerView>> {
  authorise(actor, 'mcp.read');
  const { limit, cursor } = parseInput(listSchema, input);
  const paging = { limit, cursors: services.cursors, list: 'mcp-servers' };
  const [after] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor);
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select()
      .from(mcpServers)
      .where(
        and(
          eq(mcpServers.orgId, toUuid(actor.orgId)),
          after === undefined ? undefined : gt(mcpServers.slug, after),
        ),
      )
      .orderBy(asc(mcpServers.slug))
      .limit(limit + 1),
  );
  return toPage(rows, paging, { placeOf: ({ slug }) => [slug], toItems: toServerView });
}

export async function createServer(
  services: Services,
  actor: Actor,
  input: z.input<typeof createSchema>,
): Promise<CreatedServer> {
  authorise(actor, 'mcp.manage');
  const { idempotencyKey, ...request } = parseInput(createSchema, input);
  const view = await inTenant(services.db, actor.orgId, async (tx) => {
    const { id, isNew } = await makeOnce(tx, actor, {
      key: idempotencyKey,
      request: { mcpServer: request },
      make: async () => ({ id: await insertServer(tx, services, { actor, asked: request }), isNew: true }),
    });
    return { ...toServerView(await load(tx, id)), isNew };
  });
  await services.gateway.changed(actor.orgId);
  return view;
}

async function insertServer(
  tx: TenantTransaction,
  services: Services,
  { actor, asked: { tools, ...given } }: { actor: Actor; asked: Asked },
): Promise<McpServerId> {
  const [{ known } = { known: 0 }] = await tx.select({ known: count() }).from(mcpServers);
  if (known >= MAX_SERVERS) throw tooMany();
  const id = makeId('mcpServer', services.newUuid());
  const [row] = await tx
    .insert(mcpServers)
    .values({ ...given, id: toUuid(id), orgId: toUuid(actor.orgId), tools: await checkTools(tx, tools) })
    .onConflictDoNothing()
    .returning();
  if (!row) throw new SignalboxError('CONFLICT', `There is an MCP server ${given.slug} already.`);
  await noteIn(tx, auditNote(actor, 'mcp-server.created', { target: id, after: forAudit(row) }));
  return id;
}

export async function updateServer(
  services: Services,
  actor: Actor,
  input: z.input<typeof updateSchema>,
): Promise<ServerView> {
  authorise(actor, 'mcp.manage');
  const { id, tools, ...given } = parseInput(updateSchema, input);
  const view = await inTenant(services.db, actor.orgId, async (tx) => {
    const before = await load(tx, id);
    const [row] = await tx
      .update(mcpServers)
      .set({
        name: given.name ?? before.name,
        description: given.description ?? before.description,
        enabled: given.enabled ?? before.enabled,
        tools: tools ? await checkTools(tx, tools) : before.tools,
      })
      .where(eq(mcpServers.id, before.id))
      .returning();
    if (!row) throw notFound('MCP server', id);
    const note = { target: id, before: forAudit(before), after: forAudit(row) };
    await noteIn(tx, auditNote(actor, 'mcp-server.changed', note));
    return toServerView(row);
  });
  await services.gateway.changed(actor.orgId);
  return view;
}

export async function deleteServer(
  services: Services,
  actor: Actor,
  input: z.input<typeof idOnly>,
): Promise<void> {
  authorise(actor, 'mcp.manage');
  const { id } = parseInput(idOnly, input);
  await inTenant(services.db, actor.orgId, async (tx) => {
    const before = await load(tx, id);
    await tx.delete(mcpServers).where(eq(mcpServers.id, before.id));
    await noteIn(tx, auditNote(actor, 'mcp-server.deleted', { target: id, before: forAudit(before) }));
  });
  await services.gateway.changed(actor.orgId);
}

async function load(tx: TenantTransaction, id: McpServerId): Promise<ServerRow> {
  const [row] = await tx
    .select()
    .from(mcpServers)
    .where(eq(mcpServers.id, toUuid(id)));
  if (!row) throw notFound('MCP server', id);
  return row;
}

/** Names are told apart here: two tools of one name would be one of them, and nobody could say which. */
async function checkTools(
  tx: TenantTransaction,
  tools: z.output<typeof toolSchema>[],
): Promise<ServerTool[]> {
  const rows = await tx
    .select({ id: mcpConnections.id, slug: mcpConnections.slug, ownerId: mcpConnections.ownerId })
    .from(mcpConnections);
  const slugs = new Map(rows.map(({ id, slug, ownerId }) => [id.replaceAll('-', ''), { slug, ownerId }]));
  const names = new Set<string>();
  return tools.map(({ connectionId, ...given }): ServerTool => {
    const connection = slugs.get(toUuid(connectionId));
    if (!connection) throw notFound('MCP connection', connectionId);
    if (connection.ownerId !== null) {
      throw invalid(`The connection ${connection.slug} is one person's own, and a server is for everybody.`);
    }
    const name = given.name ?? gatewayName(connection.slug, given.tool);
    if (name.length > MAX_TOOL_NAME)
      throw invalid(`The name ${name} is too long.`, undefined, 'Give it another.');
    if (names.has(name)) throw invalid(`Two tools have the name ${name}.`, undefined, 'Give one another.');
    names.add(name);
    const measured = measureJson(given.arguments ?? {}, PRESET);
    if (!measured.ok) throw invalid(`The arguments of ${name} cannot be kept. ${measured.problem.message}`);
    const entry = Object.entries(given).filter(([, value]) => value !== undefined);
    return {
      ...(Object.fromEntries(entry) as Omit<ServerTool, 'connectionId'>),
      connectionId: toUuid(connectionId),
    };
  });
}

function toServerView({
  id,
  slug,
  name,
  description,
  enabled,
  tools,
  createdAt,
  updatedAt,
}: ServerRow): ServerView {
  return {
    id: fromUuid('mcpServer', id),
    ...{ slug, name, description, enabled, createdAt, updatedAt },
    tools: tools.map((entry) => ({
      connectionId: fromUuid('mcpConnection', entry.connectionId),
      tool: entry.tool,
      name: entry.name ?? null,
      title: entry.title ?? null,
      description: entry.description ?? null,
      arguments: entry.arguments ?? null,
    })),
  };
}

const forAudit = ({ slug, name, enabled, tools }: ServerRow) => ({
  ...{ slug, name, enabled },
  tools: tools.map(({ connectionId, tool, name: as }) => ({
    connection: connectionId,
    tool,
    name: as ?? null,
  })),
});

function tooMany(): SignalboxError {
  return new SignalboxError('LIMITED', `There are ${MAX_SERVERS} MCP servers already.`, {
    advice: 'Delete some that nobody needs.',
  });
}
