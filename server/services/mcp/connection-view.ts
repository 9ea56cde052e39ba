import { and, eq, inArray } from 'drizzle-orm';
import { mcpConnections, mcpHealth, mcpSignIns, mcpTools } from '#db/schema/index.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { fromUuid, type McpConnectionId, toUuid, type UserId } from '#server/domain/ids.ts';
import {
  type ConnectionKind,
  EVERYBODY,
  type Generation,
  type SignInMode,
  type SignInState,
  TOOL_STATES,
  type ToolState,
  toolStateOf,
} from '#server/domain/mcp.ts';
import { shownAddress } from '#server/domain/notifications.ts';
import type { ConnectionStanding } from '#server/gateway/gateway.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';

export type ConnectionRow = typeof mcpConnections.$inferSelect;
export type HealthRow = typeof mcpHealth.$inferSelect;

export interface ConnectionHealth {
  ok: boolean;
  generation: Generation | null;
  serverName: string | null;
  serverVersion: string | null;
  latencyMs: number | null;
  problem: string | null;
  at: Date;
  okAt: Date | null;
}

/** How people sign in at the server, and whether whoever looks has. */
export interface SignInView {
  mode: SignInMode;
  clientId: string | null;
  scope: string | null;
  /** Who gives out the tokens; null: nobody has signed in yet. */
  issuer: string | null;
  state: SignInState;
  /** What the tokens allow. */
  granted: string | null;
  /** What the server wants beyond that. */
  wanted: string | null;
  expiresAt: Date | null;
  problem: string | null;
  /** Whether whoever looks may do it. */
  mayI: boolean;
}

export interface ConnectionView {
  id: McpConnectionId;
  slug: string;
  name: string;
  kind: ConnectionKind;
  catalogue: string | null;
  /** Cut short for those who may not manage it: what follows the host is often a secret. */
  url: string | null;
  program: string | null;
  args: string[];
  /** Names of the headers or variables whose values are sealed. */
  sealedNames: string[];
  /** Names of the stored secrets that those values name. */
  secretNames: string[];
  /** Whose alone it is; null: everybody's. */
  ownerId: UserId | null;
  /** Null: nobody signs in at it. */
  signIn: SignInView | null;
  enabled: boolean;
  callsPerMinute: number;
  maxConcurrent: number;
  timeoutMs: number;
  maxResultBytes: number;
  toolCounts: Record<ToolState, number>;
  /** Null: nobody has looked yet. */
  health: ConnectionHealth | null;
  /** In the process that answers. */
  standing: ConnectionStanding;
  createdAt: Date;
  updatedAt: Date;
}

export type SignInRow = typeof mcpSignIns.$inferSelect;

export interface ConnectionRows {
  row: ConnectionRow;
  /** Of whoever looks, or everybody's. */
  signIn: SignInRow | null;
  health: HealthRow | null;
  tools: readonly { blocked: boolean; pinnedHash: string | null; offeredHash: string | null }[];
}

/** A connection that somebody made for themselves is there for them, and for those who manage all. */
export const isVisible = (actor: Actor, { ownerId }: ConnectionRow): boolean =>
  ownerId === null || isOwn(actor, ownerId) || may(actor, 'mcp.manage');

export const isOwn = ({ userId }: Actor, ownerId: string | null): boolean =>
  userId !== null && ownerId !== null && toUuid(userId) === ownerId.replaceAll('-', '');

const permissionToChange = (actor: Actor, row: ConnectionRow) =>
  isOwn(actor, row.ownerId) && row.kind === 'http' ? 'mcp.connect' : 'mcp.manage';

/** Throws unless the actor may change it: their own, or any as somebody who manages all. */
export function authoriseChange(actor: Actor, row: ConnectionRow): void {
  authorise(actor, permissionToChange(actor, row));
  if (row.kind === 'stdio') authorise(actor, 'mcp.program');
}

export async function loadConnection(
  tx: TenantTransaction,
  actor: Actor,
  id: McpConnectionId,
): Promise<ConnectionRow> {
  const [row] = await tx
    .select()
    .from(mcpConnections)
    .where(eq(mcpConnections.id, toUuid(id)));
  if (!row || !isVisible(actor, row)) throw notFound('MCP connection', id);
  return row;
}

/** Those that are used when the actor calls. */
export async function mySignIns(
  tx: TenantTransaction,
  { userId }: Actor,
  rows: readonly ConnectionRow[],
): Promise<SignInRow[]> {
  const ids = rows.filter(({ signIn }) => signIn !== null).map(({ id }) => id);
  if (ids.length === 0) return [];
  const found = await tx
    .select()
    .from(mcpSignIns)
    .where(
      and(
        inArray(mcpSignIns.connectionId, ids),
        inArray(mcpSignIns.holderId, [EVERYBODY, ...(userId === null ? [] : [toUuid(userId)])]),
      ),
    );
  const modes = new Map(rows.map(({ id, signIn }) => [id, signIn?.mode]));
  return found.filter(
    ({ connectionId, userId: own }) => (modes.get(connectionId) === 'shared') === (own === null),
  );
}

export async function loadRows(
  tx: TenantTransaction,
  actor: Actor,
  row: ConnectionRow,
): Promise<ConnectionRows> {
  const [signIn] = await mySignIns(tx, actor, [row]);
  const [health] = await tx.select().from(mcpHealth).where(eq(mcpHealth.connectionId, row.id));
  const tools = await tx
    .select({ blocked: mcpTools.blocked, pinnedHash: mcpTools.pinnedHash, offeredHash: mcpTools.offeredHash })
    .from(mcpTools)
    .where(and(eq(mcpTools.connectionId, row.id)));
  return { row, signIn: signIn ?? null, health: health ?? null, tools };
}

export function toConnectionView(
  services: Services,
  actor: Actor,
  { row, signIn, health, tools }: ConnectionRows,
): ConnectionView {
  const { slug, name, kind, catalogue, args, sealedNames, secretNames, enabled, createdAt, updatedAt } = row;
  const { callsPerMinute, maxConcurrent, timeoutMs, maxResultBytes } = row;
  const isShown = isOwn(actor, row.ownerId) || may(actor, 'mcp.manage');
  const states = tools.map(toolStateOf);
  const counts = TOOL_STATES.map((state) => [state, states.filter((each) => each === state).length] as const);
  return {
    id: fromUuid('mcpConnection', row.id),
    ...{ slug, name, kind, catalogue, sealedNames, secretNames, enabled, createdAt, updatedAt },
    ...{ callsPerMinute, maxConcurrent, timeoutMs, maxResultBytes },
    url: row.url === null || isShown ? row.url : shownAddress('webhook', row.url),
    program: row.command,
    args: isShown ? args : [],
    ownerId: row.ownerId === null ? null : fromUuid('user', row.ownerId),
    signIn: toSignIn(actor, row, signIn),
    toolCounts: Object.fromEntries(counts) as Record<ToolState, number>,
    health: health && toHealth(health),
    standing: services.gateway.standingOf(toUuid(row.id.replaceAll('-', ''))),
  };
}

function toSignIn(actor: Actor, row: ConnectionRow, signIn: SignInRow | null): SignInView | null {
  if (!row.signIn) return null;
  const { mode, clientId, scope, issuer } = row.signIn;
  const isMineToDo = may(actor, mode === 'each' ? 'mcp.call' : permissionToChange(actor, row));
  return {
    mode,
    ...{ clientId: clientId ?? null, scope: scope ?? null, issuer: issuer ?? null },
    ...{
      state: signIn?.state ?? 'needed',
      granted: signIn?.scope ?? null,
      wanted: signIn?.wantedScope ?? null,
    },
    ...{ expiresAt: signIn?.expiresAt ?? null, problem: signIn?.problem ?? null },
    mayI: actor.kind === 'person' && isMineToDo,
  };
}

function toHealth({ connectionId: _, orgId: __, ...health }: HealthRow): ConnectionHealth {
  return health;
}

/** What the audit keeps of one: no credential, and no address that may end with one. */
export function connectionForAudit(row: ConnectionRow) {
  const { slug, name, kind, command, args, sealedNames, secretNames, enabled } = row;
  const { callsPerMinute, maxConcurrent, timeoutMs, maxResultBytes } = row;
  return {
    ...{ slug, name, kind, enabled, program: command, args, sealed: sealedNames },
    secrets: secretNames,
    ...{ url: row.url && shownAddress('webhook', row.url), personal: row.ownerId !== null },
    ...{ callsPerMinute, maxConcurrent, timeoutMs, maxResultBytes },
  };
}
