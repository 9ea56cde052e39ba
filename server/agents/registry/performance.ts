import type { Sql } from '#db/client.ts';
import { type Column, Parameters, readColumn } from '#db/columns.ts';
import { isAway } from '#db/is-away.ts';
import type { ErrorClass } from '#server/domain/graph/schema.ts';
import { type AgentId, type OrgId, toUuid } from '#server/domain/ids.ts';
import { isTaskFailure, isTaskSuccess } from '#server/domain/statuses.ts';
import type { CommittedStep } from '../engine-port.ts';

/** How one attempt of one agent ended, as it was committed. */
export interface AttemptEnd {
  orgId: OrgId;
  agentId: AgentId;
  capability: string;
  at: number;
  busyMs: number;
  /** Null: it succeeded. */
  failure: ErrorClass | null;
}

/** The attempts that ended in one step of a run. Those that were given back or called off count for nobody. */
export function attemptEndsOf({ before, decision }: CommittedStep): AttemptEnd[] {
  const ends: AttemptEnd[] = [];
  const { state } = decision;
  const add = (index: number, failure: ErrorClass | null, of = state.tasks[index]): void => {
    if (!of || of.agent === null) return;
    const at = of.finishedAt ?? of.startedAt ?? state.startedAt;
    ends.push({
      orgId: state.orgId,
      agentId: of.agent,
      capability: state.graph.stages[index]?.stage.type ?? '',
      at,
      busyMs: Math.max(0, at - (of.startedAt ?? at)),
      failure,
    });
  };
  for (const { task, how, error } of decision.ended) {
    if (how !== 'released') add(task.index, error?.class ?? (how === 'lost' ? 'lost' : 'agent'), task);
  }
  for (const index of decision.touched) {
    const task = state.tasks[index];
    // status-words: `before` shows whether it ended in this step.
    if (!task || before.tasks[index]?.status === task.status) continue;
    if (isTaskSuccess(task.status) && task.startedAt !== null) add(index, null);
    else if (isTaskFailure(task.status)) add(index, task.error?.class ?? 'agent');
  }
  return ends;
}

interface MinuteRow {
  orgId: string;
  agentId: string;
  capability: string;
  minute: number;
  succeeded: number;
  failed: number;
  lost: number;
  busyMs: number;
  maxMs: number;
}

/** What the columns hold; the sum of many of these has to fit as well. */
const MOST_MS = 2_147_483_647;
const MOST_BUSY_MS = 1e12;

const COLUMNS: Column<MinuteRow>[] = [
  { name: 'org_id', kind: 'uuid', get: (row) => row.orgId },
  { name: 'agent_id', kind: 'uuid', get: (row) => row.agentId },
  { name: 'capability', kind: 'word', get: (row) => row.capability },
  { name: 'minute', kind: 'ms', get: (row) => row.minute },
  { name: 'succeeded', kind: 'int', get: (row) => row.succeeded },
  { name: 'failed', kind: 'int', get: (row) => row.failed },
  { name: 'lost', kind: 'int', get: (row) => row.lost },
  { name: 'busy_ms', kind: 'bigint', get: (row) => Math.min(Math.round(row.busyMs), MOST_BUSY_MS) },
  { name: 'max_ms', kind: 'int', get: (row) => Math.min(Math.round(row.maxMs), MOST_MS) },
];

const MINUTE_MS = 60_000;
/** Weight of the newest attempt in what the routing calls recent. */
const NEWEST = 0.1;
/** After so long without an answer half of an agent's bad name is forgotten, or it would never get another task. */
const FORGIVE_MS = 60_000;

interface Recent {
  at: number;
  failureShare: number;
  latencyMs: number | null;
}

export interface Performance {
  add(end: AttemptEnd): void;
  /** What the routing wants to know. */
  recent(agent: AgentId, now: number): { failureShare: number; latencyMs: number | null };
  /** Writes what has been counted, in one statement. While the database is away it stays for the next time. */
  flush(): Promise<void>;
}

/** Each process counts the attempts whose end it committed; the sums meet in the database. */
export function createPerformance(sql: Sql): Performance {
  const rows = new Map<string, MinuteRow>();
  const recents = new Map<AgentId, Recent>();

  function rowOf(end: AttemptEnd): MinuteRow {
    const minute = Math.floor(end.at / MINUTE_MS) * MINUTE_MS;
    const key = `${end.agentId} ${minute} ${end.capability}`;
    const known = rows.get(key);
    if (known) return known;
    const row: MinuteRow = {
      orgId: toUuid(end.orgId),
      agentId: toUuid(end.agentId),
      capability: end.capability,
      minute,
      succeeded: 0,
      failed: 0,
      lost: 0,
      busyMs: 0,
      maxMs: 0,
    };
    rows.set(key, row);
    return row;
  }

  function remember(end: AttemptEnd): void {
    const before = recents.get(end.agentId);
    const failed = end.failure === null ? 0 : 1;
    const latencyMs = before?.latencyMs ?? end.busyMs;
    const share = before?.failureShare ?? 0;
    recents.set(end.agentId, {
      at: end.at,
      failureShare: share + (failed - share) * NEWEST,
      latencyMs: latencyMs + (end.busyMs - latencyMs) * NEWEST,
    });
  }

  /** One of them is refused for good: it alone is left out, and holds up nobody else's figures. */
  async function upsertEach(batch: readonly MinuteRow[]): Promise<void> {
    for (const row of batch) {
      await upsert(sql, [row]).catch((error: unknown) => {
        if (isAway(error)) putBack(rows, row);
      });
    }
  }

  return {
    add(end) {
      const row = rowOf(end);
      if (end.failure === null) row.succeeded += 1;
      else if (end.failure === 'lost') row.lost += 1;
      else row.failed += 1;
      row.busyMs += end.busyMs;
      row.maxMs = Math.max(row.maxMs, end.busyMs);
      remember(end);
    },
    recent(agent, now) {
      const known = recents.get(agent);
      if (!known) return { failureShare: 0, latencyMs: null };
      const share = known.failureShare * 0.5 ** (Math.max(0, now - known.at) / FORGIVE_MS);
      return { failureShare: share, latencyMs: known.latencyMs };
    },
    async flush() {
      const batch = [...rows.values()];
      rows.clear();
      if (batch.length === 0) return;
      await upsert(sql, batch).catch(async (error: unknown) => {
        if (isAway(error)) for (const row of batch) putBack(rows, row);
        else await upsertEach(batch);
        throw error;
      });
    },
  };
}

function putBack(rows: Map<string, MinuteRow>, row: MinuteRow): void {
  const key = `agent_${row.agentId} ${row.minute} ${row.capability}`;
  const newer = rows.get(key);
  if (newer) {
    for (const field of ['succeeded', 'failed', 'lost', 'busyMs'] as const) row[field] += newer[field];
    row.maxMs = Math.max(row.maxMs, newer.maxMs);
  }
  rows.set(key, row);
}

async function upsert(sql: Sql, rows: MinuteRow[]): Promise<void> {
  const parameters = new Parameters();
  const source = parameters.rows('n', COLUMNS, rows);
  const names = COLUMNS.map((column) => column.name).join(', ');
  const values = COLUMNS.map((column) => readColumn('n', column)).join(', ');
  await sql.unsafe(
    `INSERT INTO agent_performance AS p (${names}) SELECT ${values} FROM ${source} ORDER BY n.agent_id, n.capability, n.minute
     ON CONFLICT (agent_id, capability, minute) DO UPDATE SET succeeded = p.succeeded + excluded.succeeded,
       failed = p.failed + excluded.failed, lost = p.lost + excluded.lost, busy_ms = p.busy_ms + excluded.busy_ms,
       max_ms = greatest(p.max_ms, excluded.max_ms)`,
    parameters.values,
    { prepare: true },
  );
}
