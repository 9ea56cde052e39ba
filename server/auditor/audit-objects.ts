import type { Sql } from '#db/client.ts';
import { fromUuid } from '#server/domain/ids.ts';
import type { Finding } from './rules.ts';

/** The object store, as the auditor asks it. */
export interface ObjectsToAudit {
  has(hash: string): Promise<boolean>;
  /** Looked for at most, the youngest runs' first: a store answers thousands of such questions, not millions. */
  maxLooked: number;
}

export interface ObjectsReport {
  looked: number;
  /** Why it stopped before its end: the store did not answer. */
  trouble: string | null;
}

const AT_ONCE = 16;
const MAX_MISSING = 100;

/** Looks for objects that kept runs refer to and that are not in the store. */
export async function auditObjects(
  sql: Sql,
  { has, maxLooked }: ObjectsToAudit,
  sinceMs: number,
): Promise<{ report: ObjectsReport; findings: Finding[] }> {
  const rows = await sql<{ run_id: string; hash: string }[]>`
    SELECT run_id, hash FROM run_objects
    WHERE run_id >= uuid_at(to_timestamp(${String(sinceMs)}::text::float8 / 1000))
    ORDER BY run_id DESC LIMIT ${String(maxLooked)}::text::int`;
  const report: ObjectsReport = { looked: 0, trouble: null };
  const findings: Finding[] = [];
  const known = new Map<string, boolean>();
  const left = [...rows].reverse();
  async function work(): Promise<void> {
    for (let row = left.pop(); row && report.trouble === null; row = left.pop()) {
      if (findings.length >= MAX_MISSING) return;
      try {
        const isThere = known.get(row.hash) ?? (await has(row.hash));
        known.set(row.hash, isThere);
        report.looked += 1;
        if (!isThere) findings.push(missing(row));
      } catch (error) {
        report.trouble = error instanceof Error ? error.message : String(error);
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { report, findings };
}

function missing({ run_id, hash }: { run_id: string; hash: string }): Finding {
  return {
    rule: 'I15',
    runId: fromUuid('run', run_id),
    message: `It refers to the object ${hash}, which is not in the store.`,
  };
}
