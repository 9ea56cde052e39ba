import { and, desc, eq, gte, lt, type SQL, sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import { mcpCalls, mcpUsage, mcpUsageSummary } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { HIDDEN_WORDS } from '#server/domain/engine/quiet.ts';
import {
  fromUuid,
  idSchema,
  type McpCallId,
  type McpConnectionId,
  type RunId,
  toUuid,
} from '#server/domain/ids.ts';
import {
  CALL_DOORS,
  CALL_OUTCOMES,
  type CallDoor,
  type CallerNote,
  type CallOutcome,
} from '#server/domain/mcp.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { bornFields, bornWithin, restOf, stretchOf } from '../born-page.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { isKeptFrom, marksOfRuns } from '../run/marks-of-runs.ts';

const statsSchema = z.strictObject({ days: z.int().min(1).max(365).default(30) });
const logSchema = z.strictObject({
  ...pageFields,
  connectionId: idSchema('mcpConnection').optional(),
  runId: idSchema('run').optional(),
  outcome: z.enum(CALL_OUTCOMES).optional(),
  tool: z.string().min(1).max(128).optional(),
  door: z.enum(CALL_DOORS).optional(),
  /** Who made it. */
  callerId: z.string().min(1).max(128).optional(),
  minDurationMs: z.number().min(0).max(1e12).optional(),
  maxDurationMs: z.number().min(0).max(1e12).optional(),
  ...bornFields,
});

const MAX_ROWS = 1000;

export interface ToolUsage {
  connectionId: McpConnectionId;
  /** Its slug; null: it is gone. */
  connection: string | null;
  tool: string;
  calls: number;
  toolErrors: number;
  faults: number;
  refusals: number;
  /** Of calls that were sent. */
  meanMs: number | null;
  maxMs: number;
  gotBytes: number;
  lastAt: Date;
}

export interface UsageStatistics {
  /** Since the first call, by connection and tool, the most used first. */
  tools: ToolUsage[];
  /** There are more than those, which are called less. */
  hasMoreTools: boolean;
  /** The last days, oldest first. */
  days: { day: string; calls: number; faults: number; refusals: number }[];
}

export async function readUsage(
  services: Services,
  actor: Actor,
  input: z.input<typeof statsSchema>,
): Promise<UsageStatistics> {
  authorise(actor, 'mcp.read');
  const { days } = parseInput(statsSchema, input);
  await services.gateway.flush();
  const orgId = toUuid(actor.orgId);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const tools = await tx
      .select()
      .from(mcpUsageSummary)
      .where(eq(mcpUsageSummary.orgId, orgId))
      .orderBy(desc(mcpUsageSummary.calls))
      .limit(MAX_ROWS + 1);
    const sum = (column: AnyPgColumn) => sql<number>`sum(${column})::int`;
    const daily = await tx
      .select({
        day: mcpUsage.day,
        calls: sum(mcpUsage.calls),
        faults: sum(mcpUsage.faults),
        refusals: sum(mcpUsage.refusals),
      })
      .from(mcpUsage)
      .where(and(eq(mcpUsage.orgId, orgId), sql`${mcpUsage.day} > current_date - ${days}::int`))
      .groupBy(mcpUsage.day)
      .orderBy(mcpUsage.day);
    return {
      tools: tools.slice(0, MAX_ROWS).map(toUsage),
      hasMoreTools: tools.length > MAX_ROWS,
      days: daily,
    };
  });
}

function toUsage({
  orgId: _,
  connectionId,
  firstDay: __,
  ...row
}: typeof mcpUsageSummary.$inferSelect): ToolUsage {
  return { ...row, connectionId: fromUuid('mcpConnection', connectionId) };
}

/** One call, without what went in or came out. */
export interface CallView {
  id: McpCallId;
  connectionId: McpConnectionId;
  tool: string;
  door: CallDoor;
  caller: CallerNote;
  runId: RunId | null;
  outcome: CallOutcome;
  problem: string | null;
  ms: number;
  sentBytes: number;
  gotBytes: number;
  at: Date;
}

/** Newest first, unless asked otherwise. */
export async function listCalls(
  services: Services,
  actor: Actor,
  input: z.input<typeof logSchema>,
): Promise<Page<CallView>> {
  authorise(actor, 'mcp.log');
  const { limit, cursor, order, ...filter } = parseInput(logSchema, input);
  await services.gateway.flush();
  const paging = { limit, cursors: services.cursors, list: `mcp-calls ${order}` };
  const [after] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor);
  const { rows, rest } = await inTenant(services.db, actor.orgId, async (tx) => {
    const walk = { table: mcpCalls, place: mcpCalls.id, order, after, ...conditionsOf(actor, filter) };
    const stretch = await stretchOf(tx, walk);
    const found = await tx
      .select()
      .from(mcpCalls)
      .where(stretch.where)
      .orderBy(stretch.orderBy)
      .limit(limit + 1);
    return { rows: found, rest: restOf(stretch, found.length, limit) };
  });
  const ids = rows.flatMap(({ runId }) => (runId === null ? [] : [fromUuid('run', runId)]));
  const marked = await inTenant(services.db, actor.orgId, (tx) => marksOfRuns(tx, services, ids));
  return toPage(
    rows,
    { ...paging, rest },
    {
      placeOf: ({ id }) => [id],
      toItems(row) {
        const view = toCallView(row);
        // What a server says of a call may quote it, and a call is not told apart by its stage.
        const isKept = view.runId !== null && isKeptFrom(actor, marked.get(view.runId), null);
        return isKept && view.problem !== null ? { ...view, problem: HIDDEN_WORDS } : view;
      },
    },
  );
}

type CallFilter = Omit<z.output<typeof logSchema>, 'limit' | 'cursor' | 'order'>;

/** How nearly all calls end: only the others have an index. */
const COMMON: CallOutcome = 'answered';

function conditionsOf(actor: Actor, filter: CallFilter) {
  const { connectionId, runId, outcome, tool, door, callerId, minDurationMs, maxDurationMs } = filter;
  const isOutcome = outcome === undefined ? undefined : eq(mcpCalls.outcome, outcome);
  const given = <Value>(value: Value | undefined, is: (value: Value) => SQL) =>
    value === undefined ? undefined : is(value);
  return {
    within: and(
      eq(mcpCalls.orgId, toUuid(actor.orgId)),
      bornWithin({ id: mcpCalls.id, at: mcpCalls.at }, filter),
    ),
    leads: [
      given(runId, (id) => eq(mcpCalls.runId, toUuid(id))),
      outcome === COMMON ? undefined : and(isOutcome, isOutcome && sql`${mcpCalls.outcome} <> 'answered'`),
      given(tool, (name) => eq(mcpCalls.tool, name)),
      given(connectionId, (id) => eq(mcpCalls.connectionId, toUuid(id))),
    ],
    asked: [
      outcome === COMMON ? isOutcome : undefined,
      given(door, (way) => eq(mcpCalls.door, way)),
      given(callerId, (id) => eq(mcpCalls.callerId, id)),
      given(minDurationMs, (ms) => gte(mcpCalls.ms, Math.ceil(ms))),
      given(maxDurationMs, (ms) => lt(mcpCalls.ms, Math.ceil(ms))),
    ],
  };
}

function toCallView(row: typeof mcpCalls.$inferSelect): CallView {
  const { tool, door, outcome, problem, ms, sentBytes, gotBytes, at } = row;
  return {
    id: fromUuid('mcpCall', row.id),
    connectionId: fromUuid('mcpConnection', row.connectionId),
    ...{ tool, door, outcome, problem, ms, sentBytes, gotBytes, at },
    caller: { kind: row.callerKind, id: row.callerId, name: row.callerName },
    runId: row.runId === null ? null : fromUuid('run', row.runId),
  };
}
