import { and, eq, gt, isNotNull, ne, notInArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { mcpApprovals, mcpConnections } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { notFound, SignalboxError } from '#server/domain/errors.ts';
import {
  fromUuid,
  idSchema,
  type McpApprovalId,
  type McpConnectionId,
  type RunId,
  type TaskId,
  taskId,
  toUuid,
} from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { APPROVAL_STATES, type ApprovalState, type CallerNote } from '#server/domain/mcp.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import { bornFields, bornWithin, restOf, stretchOf } from '../born-page.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { isKeptFrom, type MarkedRun, marksOfRuns } from '../run/marks-of-runs.ts';
import { isVisible } from './connection-view.ts';
import { grantableOf, refuseToGrant } from './own-call.ts';

const listSchema = z.strictObject({
  ...pageFields,
  state: z.enum(APPROVAL_STATES).optional(),
  runId: idSchema('run').optional(),
  connectionId: idSchema('mcpConnection').optional(),
  tool: z.string().min(1).max(128).optional(),
  ...bornFields,
});
const decideSchema = z.strictObject({
  id: idSchema('mcpApproval'),
  isGranted: z.boolean(),
  reason: z.string().trim().min(1).max(1000).optional(),
});

/** A call that waits for people, or what they have said. */
export interface ApprovalView {
  id: McpApprovalId;
  connectionId: McpConnectionId;
  tool: string;
  /** Null for those who may not see payloads, or what is marked sensitive of them. */
  arguments: JsonObject | null;
  /** Whether whoever looks may grant it now: nobody grants their own call where somebody else could, or what is hidden. */
  mayGrant: boolean;
  caller: CallerNote;
  runId: RunId | null;
  taskId: TaskId | null;
  state: ApprovalState;
  decidedBy: string | null;
  reason: string | null;
  decidedAt: Date | null;
  expiresAt: Date;
  createdAt: Date;
}

type Row = typeof mcpApprovals.$inferSelect;

/** Newest first, unless asked otherwise. */
export async function listApprovals(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<ApprovalView>> {
  authorise(actor, 'mcp.read');
  const { limit, cursor, order, ...filter } = parseInput(listSchema, input);
  const paging = { limit, cursors: services.cursors, list: `mcp-approvals ${order}` };
  const [after] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor);
  const { rows, rest, ...seen } = await inTenant(services.db, actor.orgId, async (tx) => {
    const walk = {
      table: mcpApprovals,
      place: mcpApprovals.id,
      order,
      after,
      ...conditionsOf(tx, actor, filter),
    };
    const stretch = await stretchOf(tx, walk);
    const found = await tx
      .select()
      .from(mcpApprovals)
      .where(stretch.where)
      .orderBy(stretch.orderBy)
      .limit(limit + 1);
    return {
      rows: found,
      rest: restOf(stretch, found.length, limit),
      marked: await marksOfRuns(tx, services, runIdsOf(found)),
      grantable: may(actor, 'mcp.decide') ? await grantableOf(tx, actor, found.filter(isOpen)) : NONE,
    };
  });
  return toPage(
    rows,
    { ...paging, rest },
    { placeOf: ({ id }) => [id], toItems: (row) => toView(actor, row, seen) },
  );
}

type Filter = Omit<z.output<typeof listSchema>, 'limit' | 'cursor' | 'order'>;

function conditionsOf(
  tx: TenantTransaction,
  actor: Actor,
  { state, runId, connectionId, tool, ...created }: Filter,
) {
  return {
    within: and(
      eq(mcpApprovals.orgId, toUuid(actor.orgId)),
      bornWithin({ id: mcpApprovals.id, at: mcpApprovals.createdAt }, created),
      may(actor, 'mcp.manage') ? undefined : notInArray(mcpApprovals.connectionId, othersOwn(tx, actor)),
    ),
    leads: [
      runId === undefined ? undefined : eq(mcpApprovals.runId, toUuid(runId)),
      state === undefined
        ? undefined
        : and(
            eq(mcpApprovals.state, state),
            // What nobody has decided in time is not open any more.
            state === 'asked' ? gt(mcpApprovals.expiresAt, sql`now()`) : undefined,
          ),
    ],
    asked: [
      connectionId === undefined ? undefined : eq(mcpApprovals.connectionId, toUuid(connectionId)),
      tool === undefined ? undefined : eq(mcpApprovals.tool, tool),
    ],
  };
}

/** What others have connected for themselves is not there for whoever does not manage all: nor is what they call there. */
const othersOwn = (tx: TenantTransaction, { userId }: Actor) =>
  tx
    .select({ id: mcpConnections.id })
    .from(mcpConnections)
    .where(
      and(
        isNotNull(mcpConnections.ownerId),
        userId === null ? undefined : ne(mcpConnections.ownerId, toUuid(userId)),
      ),
    );

export async function decideApproval(
  services: Services,
  actor: Actor,
  input: z.input<typeof decideSchema>,
): Promise<ApprovalView> {
  authorise(actor, 'mcp.decide');
  const { id, isGranted, reason } = parseInput(decideSchema, input);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const here = eq(mcpApprovals.id, toUuid(id));
    const [known] = await tx.select().from(mcpApprovals).where(here);
    if (!known || !(await isThere(tx, actor, known))) throw notFound('MCP approval', id);
    const { isOwn } = isGranted ? await refuseToGrant(tx, actor, known) : { isOwn: false };
    const marked = await marksOfRuns(tx, services, runIdsOf([known]));
    const seen = { marked, grantable: NONE };
    if (isGranted && !toView(actor, known, seen).arguments) throw unseen();
    const [row] = await tx
      .update(mcpApprovals)
      .set({
        state: isGranted ? 'granted' : 'refused',
        decidedBy: actor.name,
        reason: reason ?? null,
        decidedAt: sql`now()`,
      })
      .where(and(here, eq(mcpApprovals.state, 'asked'), sql`${mcpApprovals.expiresAt} > now()`))
      .returning();
    if (!row) throw decided(id);
    const after = {
      ...{ tool: row.tool, connection: row.connectionId, granted: isGranted },
      ...(isOwn ? { own: true } : {}),
    };
    const action = isGranted ? 'mcp-call.granted' : 'mcp-call.refused';
    await noteIn(tx, auditNote(actor, action, { target: id, after, ...(reason ? { reason } : {}) }));
    return toView(actor, row, seen);
  });
}

async function isThere(tx: TenantTransaction, actor: Actor, { connectionId }: Row): Promise<boolean> {
  const [connection] = await tx.select().from(mcpConnections).where(eq(mcpConnections.id, connectionId));
  return connection === undefined || isVisible(actor, connection);
}

const runIdsOf = (rows: readonly Row[]): RunId[] =>
  rows.flatMap(({ runId }) => (runId === null ? [] : [fromUuid('run', runId)]));

const NONE: ReadonlySet<Row> = new Set();

const isOpen = ({ state, expiresAt }: Row): boolean => state === 'asked' && expiresAt > new Date();

/** What a view needs to know beside its row. */
interface Seen {
  marked: ReadonlyMap<RunId, MarkedRun>;
  grantable: ReadonlySet<Row>;
}

function toView(actor: Actor, row: Row, { marked, grantable }: Seen): ApprovalView {
  const { tool, caller, state, decidedBy, reason, decidedAt, expiresAt, createdAt, taskIndex } = row;
  const runId = row.runId === null ? null : fromUuid('run', row.runId);
  const isKept = runId !== null && isKeptFrom(actor, marked.get(runId), taskIndex);
  // What somebody calls by themselves is nobody's run: only they and who decides about it see what they ask.
  const isTheirs = runId === null ? caller.id === actor.id : may(actor, 'run.payload');
  const isShown = !isKept && (may(actor, 'mcp.decide') || isTheirs);
  return {
    id: fromUuid('mcpApproval', row.id),
    connectionId: fromUuid('mcpConnection', row.connectionId),
    ...{ tool, caller, state, decidedBy, reason, decidedAt, expiresAt, createdAt, runId },
    taskId: runId === null || taskIndex === null ? null : taskId(runId, taskIndex),
    arguments: isShown ? row.arguments : null,
    mayGrant: isShown && grantable.has(row),
  };
}

/** Nobody says yes to what they may not see; to keep it from happening they need not. */
function unseen(): SignalboxError {
  return new SignalboxError('FORBIDDEN', 'The call is of a stage that handles what is marked sensitive.', {
    advice: 'Ask somebody who may see sensitive values to grant it, or refuse it.',
  });
}

function decided(id: McpApprovalId): SignalboxError {
  return new SignalboxError('CONFLICT', `${id} was decided already, or has expired.`, {
    advice: 'List the approvals again.',
  });
}
