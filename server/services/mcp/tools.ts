import { and, asc, eq, gt, inArray } from 'drizzle-orm';
import { z } from 'zod';
import { mcpTools } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { idSchema, type McpConnectionId } from '#server/domain/ids.ts';
import {
  type DefinitionWarning,
  TOOL_STATES,
  type ToolDefinition,
  type ToolState,
  toolStateOf,
} from '#server/domain/mcp.ts';
import {
  type DefinitionChange,
  diffDefinitions,
  roughTokens,
  warningsOf,
} from '#server/gateway/tenant/definitions.ts';
import { shownName } from '#server/gateway/tenant/views.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { authoriseChange, type ConnectionRow, loadConnection } from './connection-view.ts';

const listSchema = z.strictObject({
  ...pageFields,
  id: idSchema('mcpConnection'),
  state: z.enum(TOOL_STATES).optional(),
});
const toolName = z.string().min(1).max(128);
const hash = z.string().regex(/^[0-9a-f]{64}$/, 'must be the hash of a definition');
const approveSchema = z.strictObject({
  id: idSchema('mcpConnection'),
  /** Each with the hash of what was looked at. */
  tools: z
    .array(z.strictObject({ name: toolName, hash }))
    .min(1)
    .max(1000),
});
const blockSchema = z.strictObject({
  id: idSchema('mcpConnection'),
  tools: z.array(toolName).min(1).max(1000),
  isBlocked: z.boolean(),
});

export interface ToolView {
  name: string;
  /** As it is called through the gateway. */
  gatewayName: string;
  state: ToolState;
  /** What the server says now, or what was approved when it says nothing any more. */
  definition: ToolDefinition | null;
  /** Of what the server says now: what an approval names. Null: it offers the tool no more. */
  hash: string | null;
  /** From what was approved to what the server says now, with all that hides made visible. */
  changes: DefinitionChange[];
  warnings: DefinitionWarning[];
  /** What it costs whoever's model is told of it, roughly. */
  tokens: number;
  approvedBy: string | null;
  approvedAt: Date | null;
  changedAt: Date;
}

type ToolRow = typeof mcpTools.$inferSelect;

export async function listConnectionTools(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<ToolView>> {
  authorise(actor, 'mcp.read');
  const { id, limit, cursor, state } = parseInput(listSchema, input);
  const paging = { limit, cursors: services.cursors, list: `mcp-tools ${id} ${state ?? ''}` };
  const [after] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const connection = await loadConnection(tx, actor, id);
    // A server has a thousand at most; which state one is in is found from its hashes.
    const rows = await tx
      .select()
      .from(mcpTools)
      .where(
        and(
          eq(mcpTools.connectionId, connection.id),
          after === undefined ? undefined : gt(mcpTools.name, after),
        ),
      )
      .orderBy(asc(mcpTools.name));
    const fitting = state === undefined ? rows : rows.filter((row) => toolStateOf(row) === state);
    return toPage(fitting.slice(0, limit + 1), paging, {
      placeOf: ({ name }) => [name],
      toItems: (row) => toToolView(connection, row),
    });
  });
}

/**
 * Lets tools be called as they are now. Whoever approves names the hash of what they have looked at: what the server
 * has changed meanwhile is not approved by it.
 */
export async function approveTools(
  services: Services,
  actor: Actor,
  input: z.input<typeof approveSchema>,
): Promise<ToolView[]> {
  authorise(actor, 'mcp.connect');
  const { id, tools } = parseInput(approveSchema, input);
  const wanted = new Map(tools.map((tool) => [tool.name, tool.hash]));
  const work = async (tx: TenantTransaction, rows: ToolRow[]) => {
    for (const row of rows) {
      if (row.offeredHash === null || row.offeredHash !== wanted.get(row.name)) throw otherNow(row.name);
    }
    const done: ToolRow[] = [];
    for (const row of rows) {
      const [saved] = await tx
        .update(mcpTools)
        .set({
          pinned: row.offered,
          pinnedHash: row.offeredHash,
          approvedBy: actor.name,
          approvedAt: new Date(services.now()),
          blocked: false,
        })
        .where(and(isRow(row), eq(mcpTools.offeredHash, row.offeredHash ?? '')))
        .returning();
      if (!saved) throw otherNow(row.name);
      done.push(saved);
    }
    return done;
  };
  return change(services, actor, { id, names: [...wanted.keys()], action: 'mcp-tool.approved', work });
}

/** A blocked tool is not called, whatever was approved; unblocked, it is where it was before. */
export async function blockTools(
  services: Services,
  actor: Actor,
  input: z.input<typeof blockSchema>,
): Promise<ToolView[]> {
  authorise(actor, 'mcp.connect');
  const { id, tools, isBlocked } = parseInput(blockSchema, input);
  const action = isBlocked ? 'mcp-tool.blocked' : 'mcp-tool.unblocked';
  const work = async (tx: TenantTransaction, rows: ToolRow[]) => {
    const done: ToolRow[] = [];
    for (const row of rows) {
      const [saved] = await tx.update(mcpTools).set({ blocked: isBlocked }).where(isRow(row)).returning();
      if (saved) done.push(saved);
    }
    return done;
  };
  return change(services, actor, { id, names: tools, action, work });
}

const isRow = ({ connectionId, name }: ToolRow) =>
  and(eq(mcpTools.connectionId, connectionId), eq(mcpTools.name, name));

interface Change {
  id: McpConnectionId;
  names: string[];
  action: string;
  work(tx: TenantTransaction, rows: ToolRow[]): Promise<ToolRow[]>;
}

async function change(
  services: Services,
  actor: Actor,
  { id, names, action, work }: Change,
): Promise<ToolView[]> {
  const views = await inTenant(services.db, actor.orgId, async (tx) => {
    const connection = await loadConnection(tx, actor, id);
    authoriseChange(actor, connection);
    const rows = await tx
      .select()
      .from(mcpTools)
      .where(and(eq(mcpTools.connectionId, connection.id), inArray(mcpTools.name, names)))
      .orderBy(asc(mcpTools.name));
    const missing = names.find((name) => !rows.some((row) => row.name === name));
    if (missing !== undefined) throw unknownTool(connection, missing);
    const done = await work(tx, rows);
    const before = rows.filter(({ name }) => done.some((row) => row.name === name)).map(forAudit);
    await noteIn(tx, auditNote(actor, action, { target: id, before, after: done.map(forAudit) }));
    return done.map((row) => toToolView(connection, row));
  });
  await services.gateway.changed(actor.orgId);
  return views;
}

const forAudit = ({ name, pinnedHash, blocked }: ToolRow) => ({ tool: name, hash: pinnedHash, blocked });

function toToolView({ slug }: ConnectionRow, row: ToolRow): ToolView {
  const definition = row.offered ?? row.pinned;
  return {
    name: row.name,
    gatewayName: shownName(slug, row.name),
    state: toolStateOf(row),
    definition,
    hash: row.offeredHash,
    changes: row.pinnedHash === row.offeredHash ? [] : diffDefinitions(row.pinned, row.offered),
    warnings: definition ? warningsOf(definition) : [],
    tokens: definition ? roughTokens(definition) : 0,
    approvedBy: row.approvedBy,
    approvedAt: row.approvedAt,
    changedAt: row.changedAt,
  };
}

function otherNow(name: string): SignalboxError {
  return new SignalboxError('CONFLICT', `The tool ${name} is not any more what was looked at.`, {
    advice: 'Look at it again, and approve what it is now.',
  });
}

function unknownTool({ slug }: ConnectionRow, name: string): SignalboxError {
  return new SignalboxError('NOT_FOUND', `The connection ${slug} has no tool ${JSON.stringify(name)}.`, {
    advice: 'Test the connection, and list its tools.',
  });
}
