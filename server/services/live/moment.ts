import { sql } from 'drizzle-orm';
import { inTenant } from '#db/tenant.ts';
import type { OrgId } from '#server/domain/ids.ts';
import type { Services } from '../context.ts';

/** A moment of the database: which transactions were over, and what its clock said. */
export interface Moment {
  snapshot: string;
  atMs: number;
}

/**
 * Whoever wrote after a moment began a little before it at most. Rows from longer before, that a snapshot cannot see,
 * came from another server by dump and restore, with that one's numbers.
 */
const SLACK_MS = 3_600_000;

export const oldestOf = ({ atMs }: Moment): number => atMs - SLACK_MS;

/** The oldest transaction that was under way, and the first that had not begun. */
export function xidsOf({ snapshot }: Pick<Moment, 'snapshot'>): { oldest: bigint; next: bigint } {
  const [oldest = '0', next = '0'] = snapshot.split(':');
  return { oldest: BigInt(oldest), next: BigInt(next) };
}

/** A first moment, from which to look on. */
export async function takeMoment(services: Pick<Services, 'db'>, orgId: OrgId): Promise<Moment> {
  const [row] = await inTenant(services.db, orgId, (tx) =>
    tx.execute<{ snapshot: string; now_ms: number }>(sql`
      SELECT pg_current_snapshot()::text AS snapshot, floor(extract(epoch FROM now()) * 1000)::float8 AS now_ms`),
  );
  if (!row) throw new Error('a moment has one row');
  return { snapshot: row.snapshot, atMs: row.now_ms };
}
