import { and, eq, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { auditEntries } from '#db/schema/index.ts';
import { toUuid } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';

/** What entries are looked for by, in the list and in what is exported of it. All that is given must be true of an entry. */
export const auditFilterFields = {
  actorId: z.string().max(128).optional(),
  action: z.string().max(128).optional(),
  target: z.string().max(256).optional(),
  from: z.iso.datetime().optional(),
  until: z.iso.datetime().optional(),
};
const auditFilterSchema = z.strictObject(auditFilterFields);
export type AuditFilter = z.output<typeof auditFilterSchema>;

/**
 * Within the actor's organisation. Times of entries go up with their numbers, which have no gaps: where a time begins is
 * found by halving, and no index of times is kept.
 */
export const within = (actor: Actor, { from, until }: Pick<AuditFilter, 'from' | 'until'>) =>
  and(
    eq(auditEntries.orgId, toUuid(actor.orgId)),
    from ? sql`${auditEntries.seq} > ${lastOf(actor, sql`e.at < ${at(from)}`)}` : undefined,
    until ? sql`${auditEntries.seq} <= ${lastOf(actor, sql`e.at <= ${at(until)}`)}` : undefined,
  ) as SQL;

const at = (time: string): SQL => sql`${time}::text::timestamptz`;

/** The number of the last entry of which it is true, as it is of all before it. */
function lastOf({ orgId }: Actor, isBefore: SQL): SQL {
  const org = sql`${toUuid(orgId)}::text::uuid`;
  return sql`(WITH RECURSIVE halves (low, high) AS (
      SELECT 0::bigint, coalesce((SELECT seq FROM audit_heads WHERE org_id = ${org}), 0) + 1
      UNION ALL SELECT CASE WHEN e.is THEN middle ELSE low END, CASE WHEN e.is THEN high ELSE middle END
      FROM (SELECT low, high, (low + high) / 2 AS middle FROM halves WHERE high - low > 1) AS half
      CROSS JOIN LATERAL (SELECT coalesce((SELECT ${isBefore} FROM audit_entries e WHERE e.org_id = ${org} AND e.seq = middle), false) AS is) AS e)
    SELECT max(low) FROM halves)`;
}

export const leadsOf = ({ actorId, action, target }: AuditFilter) => [
  target ? eq(auditEntries.target, target) : undefined,
  actorId ? eq(auditEntries.actorId, actorId) : undefined,
  action ? eq(auditEntries.action, action) : undefined,
];

export const isWanted = (actor: Actor, filter: AuditFilter) =>
  and(within(actor, filter), ...leadsOf(filter)) as SQL;
