import type { Sql } from '#db/client.ts';
import { partOf } from '#db/parts.ts';
import { loadRuns } from '#db/queries/load-runs.ts';
import type { RunEvent } from '#server/domain/engine/events.ts';
import type { CompiledGraph } from '#server/domain/graph/compile.ts';
import { fromUuid, NO_ORG_ID, type RunId, toUuid, type VersionId } from '#server/domain/ids.ts';
import { auditHouse, auditOrphans } from './audit-house.ts';
import { auditObjects, type ObjectsReport, type ObjectsToAudit } from './audit-objects.ts';
import { auditRun, type EventBlock, type LateHandOut, type PastHandOut } from './audit-run.ts';
import type { Finding } from './rules.ts';

export type { Finding } from './rules.ts';

export interface AuditOptions {
  sql: Sql;
  graphOf(versionId: VersionId): Promise<CompiledGraph>;
  /** Only runs born since then; left out: all. */
  sinceMs?: number;
  /** Findings after which it stops looking. */
  maxFindings?: number;
  /** Left out: the object store is not asked. */
  objects?: ObjectsToAudit;
}

export interface AuditReport {
  runs: number;
  events: number;
  findings: Finding[];
  objects?: ObjectsReport;
}

const PAGE = 200;

/** Reads the database alone and checks that what it says can be true. Changes nothing. */
export async function audit(options: AuditOptions): Promise<AuditReport> {
  const report: AuditReport = { runs: 0, events: 0, findings: [] };
  const max = options.maxFindings ?? 1000;
  let after = '00000000-0000-0000-0000-000000000000';
  while (report.findings.length < max) {
    const rows = await options.sql<{ id: string; readable: boolean }[]>`
      SELECT id, EXISTS (SELECT FROM versions v WHERE v.id = r.version_id) AS readable FROM runs r
      WHERE id > ${after}::uuid AND created_at >= to_timestamp(${options.sinceMs ?? 0}::float8 / 1000) ORDER BY id LIMIT ${PAGE}`;
    const last = rows.at(-1);
    if (!last) break;
    after = last.id;
    for (const { id } of rows.filter((row) => !row.readable)) {
      const message = 'Its version is gone, so nobody can tell what it is to do.';
      report.findings.push({ rule: 'I4', runId: fromUuid('run', id), message });
    }
    await auditPage(
      rows.filter((row) => row.readable).map((row) => fromUuid('run', row.id)),
      options,
      report,
    );
  }
  for (const look of [auditOrphans, auditSlots, auditSeats, auditHouse])
    report.findings.push(...(await look(options.sql, options.sinceMs ?? 0)));
  if (!options.objects) return report;
  const objects = await auditObjects(options.sql, options.objects, options.sinceMs ?? 0);
  report.findings.push(...objects.findings);
  return { ...report, objects: objects.report };
}

async function auditPage(ids: RunId[], options: AuditOptions, report: AuditReport): Promise<void> {
  for (const [part, group] of Map.groupBy(ids, partOf)) {
    // One snapshot for rows and events, so that a run which moves meanwhile does not look torn.
    await options.sql.begin('ISOLATION LEVEL REPEATABLE READ READ ONLY', async (transaction) => {
      const sql = transaction as unknown as Sql;
      const states = await loadRuns(sql, group, { part, lock: false, graphOf: options.graphOf });
      const sequences = await loadSequences(sql, group);
      const letters = await loadLetters(sql, group);
      const past = await loadPast(sql, group);
      const kept = await loadKept(sql, group);
      const late = await loadLate(sql, group);
      for (const [id, state] of states) {
        const blocks = sequences.get(id) ?? [];
        report.runs += 1;
        report.events += blocks.reduce((sum, block) => sum + block.entries.length, 0);
        const told = { letters: letters.get(id) ?? [], past: past.get(id) ?? [], late: late.get(id) ?? [] };
        for (const { rule, message } of auditRun(state, { blocks, ...told, kept: new Set(kept.get(id)) }))
          report.findings.push({ rule, runId: id, message });
      }
    });
  }
}

async function loadSequences(sql: Sql, ids: readonly RunId[]): Promise<Map<RunId, EventBlock[]>> {
  const rows = await sql<
    { run_id: string; seq_from: number; seq_to: number; at: string; entries: RunEvent[] }[]
  >`
    SELECT run_id, seq_from, seq_to, extract(epoch FROM at) * 1000 AS at, entries FROM run_events
    WHERE run_id = ANY (${listOf(ids)}::text::uuid[]) ORDER BY run_id, seq_from`;
  const byRun = new Map<RunId, EventBlock[]>();
  for (const row of rows) {
    const id = fromUuid('run', row.run_id);
    const block = {
      seqFrom: row.seq_from,
      seqTo: row.seq_to,
      at: Math.round(Number(row.at)),
      entries: row.entries,
    };
    const list = byRun.get(id);
    if (list) list.push(block);
    else byRun.set(id, [block]);
  }
  return byRun;
}

const listOf = (ids: readonly RunId[]): string => `{${ids.map(toUuid).join(',')}}`;

/** Hand-outs that ended before their task did, by run. */
async function loadPast(sql: Sql, ids: readonly RunId[]): Promise<Map<RunId, PastHandOut[]>> {
  const rows = await sql<{ run_id: string; past: PastHandOut[] }[]>`
    SELECT run_id, json_agg(json_build_object('task', idx, 'epoch', epoch, 'how', ended)) AS past FROM attempts
    WHERE run_id = ANY (${listOf(ids)}::text::uuid[]) GROUP BY run_id`;
  return new Map(rows.map((row) => [fromUuid('run', row.run_id), row.past]));
}

/** Hand-outs whose answers came too late, by run. */
async function loadLate(sql: Sql, ids: readonly RunId[]): Promise<Map<RunId, LateHandOut[]>> {
  const rows = await sql<{ run_id: string; late: LateHandOut[] }[]>`
    SELECT run_id, json_agg(json_build_object('task', idx, 'epoch', epoch)) AS late FROM late_answers
    WHERE run_id = ANY (${listOf(ids)}::text::uuid[]) GROUP BY run_id`;
  return new Map(rows.map((row) => [fromUuid('run', row.run_id), row.late]));
}

/** Hashes of what is kept for them, by run. */
async function loadKept(sql: Sql, ids: readonly RunId[]): Promise<Map<RunId, string[]>> {
  const rows = await sql<{ run_id: string; hashes: string[] }[]>`
    SELECT run_id, json_agg(hash) AS hashes FROM run_objects
    WHERE run_id = ANY (${listOf(ids)}::text::uuid[]) GROUP BY run_id`;
  return new Map(rows.map((row) => [fromUuid('run', row.run_id), row.hashes]));
}

/** Places of the tasks that are set aside, by run. */
async function loadLetters(sql: Sql, ids: readonly RunId[]): Promise<Map<RunId, number[]>> {
  const rows = await sql<{ run_id: string; places: number[] }[]>`
    SELECT run_id, json_agg(task_idx) AS places FROM dead_letters
    WHERE run_id = ANY (${listOf(ids)}::text::uuid[]) GROUP BY run_id`;
  return new Map(rows.map((row) => [fromUuid('run', row.run_id), row.places]));
}

/** Slots in use are hand-outs under their key, no more and no fewer; under the installation's own, all there are. */
async function auditSlots(sql: Sql): Promise<Finding[]> {
  const rows = await sql<{ key: string; used: number; held: number }[]>`
    WITH held AS (
      SELECT t.org_id, s.value -> 'concurrency' ->> 'key' AS key, count(*)::int AS held
      FROM tasks t JOIN runs r ON r.id = t.run_id JOIN versions v ON v.id = r.version_id
      CROSS JOIN LATERAL json_array_elements(v.graph -> 'stages') s
      WHERE r.wake_at IS NOT NULL AND t.status IN ('queued', 'running')
        AND s.value ->> 'key' = t.stage_key AND s.value -> 'concurrency' IS NOT NULL
      GROUP BY 1, 2
      UNION ALL
      SELECT c.org_id, c.key, count(t.run_id)::int FROM concurrency_slots c
      LEFT JOIN (runs r JOIN tasks t ON t.run_id = r.id)
        ON r.wake_at IS NOT NULL AND t.status IN ('queued', 'running')
      WHERE c.org_id = ${toUuid(NO_ORG_ID)}::text::uuid GROUP BY 1, 2)
    SELECT coalesce(c.key, h.key) AS key, coalesce(c.used, 0) AS used, coalesce(h.held, 0) AS held
    FROM concurrency_slots c FULL JOIN held h ON h.org_id = c.org_id AND h.key = c.key
    WHERE coalesce(c.used, 0) <> coalesce(h.held, 0)`;
  return rows.map((row) => ({
    rule: 'I9',
    runId: null,
    message: `Concurrency key ${row.key} counts ${row.used} in use, and ${row.held} tasks are handed out under it.`,
  }));
}

async function auditSeats(sql: Sql): Promise<Finding[]> {
  const rows = await sql<{ agent: string; seat: number; run: string; idx: number }[]>`
    SELECT s.agent_id AS agent, s.seat, s.run_id AS run, s.idx FROM agent_seats s
    WHERE NOT EXISTS (SELECT FROM tasks t WHERE t.run_id = s.run_id AND t.idx = s.idx AND t.epoch = s.epoch
      AND t.status = 'running' AND t.agent_id = s.agent_id)`;
  return rows.map(({ agent, seat, run, idx }) => ({
    rule: 'I9',
    runId: fromUuid('run', run),
    message: `Task ${idx} has seat ${seat} with ${fromUuid('agent', agent)}, which does not hold it.`,
  }));
}
