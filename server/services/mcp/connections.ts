import { and, asc, count, eq, gt, inArray, isNull, or } from 'drizzle-orm';
import { z } from 'zod';
import { mcpConnections, mcpHealth, mcpTools } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { invalid, notFound } from '#server/domain/errors.ts';
import { idSchema, type McpConnectionId, makeId, toUuid } from '#server/domain/ids.ts';
import type { Examined } from '#server/gateway/gateway.ts';
import { givenPasswordSchema } from '#server/identity/account-fields.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import { proveForServer } from '../account/prove.ts';
import type { Services } from '../context.ts';
import { idempotencyKeySchema, makeOnce } from '../make-once.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { secretsNamedBy } from '../secret/uses.ts';
import {
  argsSchema,
  checkSignIn,
  credentialFields,
  limitFields,
  placeOf,
  requestOf,
  sealedOf,
  signInOf,
  signInSchema,
  slugSchema,
  urlSchema,
} from './connection-fields.ts';
import { checkMove } from './connection-move.ts';
import {
  changedMeanwhile,
  checkFits,
  MAX_CONNECTIONS,
  personOf,
  slugTaken,
  tooMany,
} from './connection-refusals.ts';
import {
  authoriseChange,
  type ConnectionRow,
  type ConnectionView,
  connectionForAudit,
  loadConnection,
  loadRows,
  mySignIns,
  toConnectionView,
} from './connection-view.ts';
import { forgetSealed, sealValues } from './sealed-values.ts';
import { forgetSignIns, nextSignIn, sealClient } from './sign-in-settings.ts';

const idOnly = z.strictObject({ id: idSchema('mcpConnection') });
const listSchema = z.strictObject(pageFields);
const name = z.string().trim().min(1).max(200);
const currentPassword = givenPasswordSchema.optional();
const connectSchema = z.strictObject({
  /** A key of the catalogue. */
  serverType: z.string().min(1).max(64).optional(),
  slug: slugSchema.optional(),
  name: name.optional(),
  url: urlSchema.optional(),
  program: z.string().min(1).max(32).optional(),
  args: argsSchema.optional(),
  /** For whoever connects it alone. */
  isPersonal: z.boolean().default(false),
  signIn: signInSchema.optional(),
  /** Whatever else is said, no program is started. */
  isHttpOnly: z.boolean().default(false),
  ...credentialFields,
  ...limitFields,
  currentPassword,
  idempotencyKey: idempotencyKeySchema.optional(),
});
type Asked = Omit<z.output<typeof connectSchema>, 'idempotencyKey' | 'currentPassword'>;
const updateSchema = z.strictObject({
  ...idOnly.shape,
  name: name.optional(),
  url: urlSchema.optional(),
  args: argsSchema.optional(),
  enabled: z.boolean().optional(),
  /** Null: nobody signs in any more. Whatever it becomes, who has signed in must do so again. */
  signIn: signInSchema.nullable().optional(),
  ...credentialFields,
  ...limitFields,
  currentPassword,
});

export interface Connected {
  connection: ConnectionView;
  /** What the server said when it was asked at once. */
  examined: Examined;
  /** Of the tools that it has. */
  tools: string[];
}

export interface NewlyConnected extends Connected {
  /** False: the same request has connected it before. */
  isNew: boolean;
}

export async function listConnections(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<ConnectionView>> {
  authorise(actor, 'mcp.read');
  const { limit, cursor } = parseInput(listSchema, input);
  const paging = { limit, cursors: services.cursors, list: 'mcp-connections' };
  const [after] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const rows = await tx
      .select()
      .from(mcpConnections)
      .where(
        and(
          eq(mcpConnections.orgId, toUuid(actor.orgId)),
          after === undefined ? undefined : gt(mcpConnections.id, after),
          may(actor, 'mcp.manage') ? undefined : or(isNull(mcpConnections.ownerId), isMine(actor)),
        ),
      )
      .orderBy(asc(mcpConnections.id))
      .limit(limit + 1);
    const ids = rows.map(({ id }) => id);
    const health =
      ids.length === 0 ? [] : await tx.select().from(mcpHealth).where(inArray(mcpHealth.connectionId, ids));
    const tools = ids.length === 0 ? [] : await toolStates(tx, ids);
    const signIns = await mySignIns(tx, actor, rows);
    const view = (row: ConnectionRow) =>
      toConnectionView(services, actor, {
        row,
        signIn: signIns.find(({ connectionId }) => connectionId === row.id) ?? null,
        health: health.find(({ connectionId }) => connectionId === row.id) ?? null,
        tools: tools.filter(({ connectionId }) => connectionId === row.id),
      });
    return toPage(rows, paging, { placeOf: ({ id }) => [id], toItems: view });
  });
}

const isMine = ({ userId }: Actor) =>
  userId === null ? undefined : eq(mcpConnections.ownerId, toUuid(userId));

const toolStates = (tx: TenantTransaction, ids: string[]) =>
  tx
    .select({
      connectionId: mcpTools.connectionId,
      blocked: mcpTools.blocked,
      pinnedHash: mcpTools.pinnedHash,
      offeredHash: mcpTools.offeredHash,
    })
    .from(mcpTools)
    .where(inArray(mcpTools.connectionId, ids));

export async function getConnection(
  services: Services,
  actor: Actor,
  input: z.input<typeof idOnly>,
): Promise<ConnectionView> {
  authorise(actor, 'mcp.read');
  const { id } = parseInput(idOnly, input);
  return inTenant(services.db, actor.orgId, async (tx) =>
    toConnectionView(services, actor, await loadRows(tx, actor, await loadConnection(tx, actor, id))),
  );
}

interface Insertion {
  actor: Actor;
  given: Asked;
  place: ReturnType<typeof placeOf>;
  ownerId: string | null;
  sealed: Record<string, string>;
}

/** Connects a server and asks it at once what it has. It is kept when it does not answer: it may later. */
export async function connect(
  services: Services,
  actor: Actor,
  input: z.input<typeof connectSchema>,
): Promise<NewlyConnected> {
  const { idempotencyKey: key, currentPassword, ...given } = parseInput(connectSchema, input);
  authorise(actor, given.isPersonal ? 'mcp.connect' : 'mcp.manage');
  const place = placeOf(services, given);
  if (place.kind === 'stdio') {
    if (given.isHttpOnly) throw invalid(`${place.name} is a program, and none is started here.`);
    authorise(actor, 'mcp.program');
    await proveForServer(services, actor, currentPassword);
  }
  const ownerId = given.isPersonal ? personOf(actor, place.kind) : null;
  const sealed = sealedOf(place, given);
  if (given.signIn) checkSignIn(place.kind, Object.keys(sealed));
  const request = { ownerId, ...(await requestOf(actor, { key, given })) };
  const { id, isNew } = await inTenant(services.db, actor.orgId, (tx) =>
    makeOnce(tx, actor, {
      key,
      request: { mcpConnection: request },
      make: async () => ({
        id: await insertConnection(tx, services, { actor, given, place, ownerId, sealed }),
        isNew: true,
      }),
    }),
  );
  await services.gateway.changed(actor.orgId);
  return { ...(await examineNow(services, actor, id)), isNew };
}

async function insertConnection(
  tx: TenantTransaction,
  services: Services,
  { actor, given, place, ownerId, sealed }: Insertion,
): Promise<McpConnectionId> {
  const [{ known } = { known: 0 }] = await tx.select({ known: count() }).from(mcpConnections);
  if (known >= MAX_CONNECTIONS) throw tooMany();
  const id = makeId('mcpConnection', services.newUuid());
  const secretNames = await secretsNamedBy(tx, actor, sealed);
  const { callsPerMinute, maxConcurrent, timeoutMs, maxResultBytes, signIn } = given;
  const [row] = await tx
    .insert(mcpConnections)
    .values({
      ...place,
      id: toUuid(id),
      orgId: toUuid(actor.orgId),
      ...{ ownerId, signIn: signIn ? signInOf(signIn) : null },
      ...{ sealedNames: Object.keys(sealed), secretNames },
      ...definedOf({ callsPerMinute, maxConcurrent, timeoutMs, maxResultBytes }),
    })
    .onConflictDoNothing()
    .returning();
  if (!row) throw slugTaken(place.slug);
  await sealValues(tx, services, { orgId: actor.orgId, id, sealed });
  if (signIn) await sealClient(tx, services, { orgId: actor.orgId, id, signIn });
  await noteIn(
    tx,
    auditNote(actor, 'mcp-connection.created', { target: id, after: connectionForAudit(row) }),
  );
  return id;
}

/** What was said of credentials replaces all that were there. */
export async function updateConnection(
  services: Services,
  actor: Actor,
  input: z.input<typeof updateSchema>,
): Promise<ConnectionView> {
  authorise(actor, 'mcp.connect');
  const { id, currentPassword, credentials, headers, variables, signIn, ...given } = parseInput(
    updateSchema,
    input,
  );
  const isSealedAnew = credentials !== undefined || headers !== undefined || variables !== undefined;
  if (isSealedAnew || given.args !== undefined)
    await proveIfProgram(services, actor, { id, currentPassword });
  const view = await inTenant(services.db, actor.orgId, async (tx) => {
    const before = await loadConnection(tx, actor, id);
    authoriseChange(actor, before);
    checkFits(before, given);
    checkMove(actor, before, { url: given.url, isSealedAnew, signIn });
    const sealed = isSealedAnew ? sealedOf(before, { credentials, headers, variables }) : null;
    // Tokens are for the server that they were given for, and for the client that we were there.
    const isSignedInAnew = signIn !== undefined || (given.url !== undefined && given.url !== before.url);
    if (signIn ?? (signIn === undefined && before.signIn)) {
      checkSignIn(before.kind, sealed ? Object.keys(sealed) : before.sealedNames);
    }
    const secretNames = await secretsNamedBy(tx, actor, sealed ?? {});
    const isReachedAnew =
      isSignedInAnew || sealed !== null || given.url !== undefined || given.args !== undefined;
    const [row] = await tx
      .update(mcpConnections)
      .set({
        ...definedOf(given),
        ...(sealed ? { sealedNames: Object.keys(sealed), secretNames } : {}),
        ...(isSignedInAnew ? { signIn: nextSignIn(before, signIn) } : {}),
        version: before.version + (isReachedAnew ? 1 : 0),
      })
      .where(and(eq(mcpConnections.id, before.id), eq(mcpConnections.version, before.version)))
      .returning();
    if (!row) throw changedMeanwhile(id);
    if (isSignedInAnew) {
      await forgetSignIns(tx, actor.orgId, { id, isClientKept: signIn === undefined });
      if (signIn) await sealClient(tx, services, { orgId: actor.orgId, id, signIn });
    }
    if (sealed) {
      await forgetSealed(tx, actor.orgId, id);
      await sealValues(tx, services, { orgId: actor.orgId, id, sealed });
    }
    const note = { target: id, before: connectionForAudit(before), after: connectionForAudit(row) };
    await noteIn(tx, auditNote(actor, 'mcp-connection.changed', note));
    return toConnectionView(services, actor, await loadRows(tx, actor, row));
  });
  await services.gateway.changed(actor.orgId);
  return view;
}

/** What is started here, and with what, is nothing for a session that was left open. */
async function proveIfProgram(
  services: Services,
  actor: Actor,
  { id, currentPassword }: { id: McpConnectionId; currentPassword: string | undefined },
): Promise<void> {
  const row = await inTenant(services.db, actor.orgId, (tx) => loadConnection(tx, actor, id));
  authoriseChange(actor, row);
  if (row.kind === 'stdio') await proveForServer(services, actor, currentPassword);
}

/** With its tools, rules and credentials. What was called stays in the log. */
export async function disconnect(
  services: Services,
  actor: Actor,
  input: z.input<typeof idOnly>,
): Promise<void> {
  authorise(actor, 'mcp.connect');
  const { id } = parseInput(idOnly, input);
  await inTenant(services.db, actor.orgId, async (tx) => {
    const before = await loadConnection(tx, actor, id);
    authoriseChange(actor, before);
    await forgetSignIns(tx, actor.orgId, { id, isClientKept: false });
    await tx.delete(mcpConnections).where(eq(mcpConnections.id, before.id));
    await forgetSealed(tx, actor.orgId, id);
    await noteIn(
      tx,
      auditNote(actor, 'mcp-connection.deleted', { target: id, before: connectionForAudit(before) }),
    );
  });
  await services.gateway.changed(actor.orgId);
}

/** Asks the server now, and keeps what it says of its tools: new and changed ones wait for approval. */
export async function testConnection(
  services: Services,
  actor: Actor,
  input: z.input<typeof idOnly>,
): Promise<Connected> {
  authorise(actor, 'mcp.connect');
  const { id } = parseInput(idOnly, input);
  await inTenant(services.db, actor.orgId, async (tx) =>
    authoriseChange(actor, await loadConnection(tx, actor, id)),
  );
  const connected = await examineNow(services, actor, id);
  const { ok, tools } = connected.examined;
  await services.record(actor, 'mcp-connection.tested', { target: id, after: { ok, tools } });
  return connected;
}

async function examineNow(services: Services, actor: Actor, id: McpConnectionId): Promise<Connected> {
  const examined = await services.gateway.examine(
    actor.orgId,
    toUuid(id),
    actor.userId && toUuid(actor.userId),
  );
  if (!examined) throw notFound('MCP connection', id);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const row = await loadConnection(tx, actor, id);
    const tools = await tx
      .select({ name: mcpTools.name, offeredHash: mcpTools.offeredHash })
      .from(mcpTools)
      .where(eq(mcpTools.connectionId, row.id))
      .orderBy(asc(mcpTools.name));
    const connection = toConnectionView(services, actor, await loadRows(tx, actor, row));
    return {
      connection,
      examined,
      tools: tools.flatMap((tool) => (tool.offeredHash === null ? [] : [tool.name])),
    };
  });
}

function definedOf<Fields extends object>(
  fields: Fields,
): { [Key in keyof Fields]?: NonNullable<Fields[Key]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
