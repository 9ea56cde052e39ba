import { notFound } from '#server/domain/errors.ts';
import { fromUuid, type OrgId, type RunId, toUuid } from '#server/domain/ids.ts';
import type { PayloadRef } from '#server/domain/payload-ref.ts';
import type { Sql } from '../client.ts';

/**
 * Which objects there are, and how they end. One row an object, and its lock orders those who store or refer to it
 * and the collector that deletes it:
 *
 *     stored or referred to:  touched_at = now, refused while doomed
 *     collector:              doomed (old, referred to by no run) → bytes deleted → row deleted
 *
 * Whoever comes first wins. After a touch the collector finds it young; after the doom a writer waits until the row is
 * gone, and then stores the bytes anew. A collector that dies in between leaves a doomed row, which the next one takes up.
 */

/** Longer than any delete can be on its way: after that the doom is nobody's, and the store is as it looks. */
const DOOM_LASTS = '10 minutes';

/** The object is about to be stored by this tenant. False: it is just being deleted; ask again. */
export async function registerObject(
  sql: Sql,
  orgId: OrgId,
  { hash, bytes }: { hash: string; bytes: number },
): Promise<boolean> {
  const rows = await sql`
    INSERT INTO stored_objects AS o (hash, bytes, orgs)
    VALUES (${hash}::text, ${String(bytes)}::text::bigint, ARRAY[${toUuid(orgId)}::text::uuid])
    ON CONFLICT (hash) DO UPDATE SET touched_at = now(), doomed_at = NULL,
      orgs = CASE WHEN excluded.orgs <@ o.orgs THEN o.orgs ELSE o.orgs || excluded.orgs END
    WHERE o.doomed_at IS NULL OR o.doomed_at < now() - ${DOOM_LASTS}::text::interval
    RETURNING 1`;
  return rows.length > 0;
}

/**
 * The run needs these objects for as long as it is kept. The run need not be born yet: what it needs is written down
 * first. Returns those it cannot have: not stored, not by this tenant, or of another length than the reference says.
 */
export async function rememberObjects(
  sql: Sql,
  { runId, orgId }: { runId: RunId; orgId: OrgId },
  refs: readonly PayloadRef[],
): Promise<string[]> {
  const asked = refs.map((ref) => ({ hash: ref.$object, bytes: ref.bytes, type: ref.contentType }));
  const rows = await sql<{ hash: string }[]>`
    WITH asked AS (
      SELECT DISTINCT ON (hash) hash, bytes, type
      FROM json_to_recordset(${JSON.stringify(asked)}::text::json) AS a (hash text, bytes bigint, type text)),
    -- In one order for all, so that two of these cannot block each other.
    held AS MATERIALIZED (
      SELECT o.hash FROM stored_objects o JOIN asked USING (hash, bytes)
      WHERE ${toUuid(orgId)}::text::uuid = ANY (o.orgs) AND o.doomed_at IS NULL
        AND NOT EXISTS (
          SELECT FROM runs WHERE id = ${toUuid(runId)}::text::uuid AND org_id <> ${toUuid(orgId)}::text::uuid)
      ORDER BY o.hash FOR UPDATE OF o),
    touched AS (UPDATE stored_objects SET touched_at = now() WHERE hash IN (SELECT hash FROM held)),
    kept AS (
      INSERT INTO run_objects (run_id, hash, org_id, bytes, content_type)
      SELECT ${toUuid(runId)}::text::uuid, hash, ${toUuid(orgId)}::text::uuid, bytes, type
      FROM asked JOIN held USING (hash)
      ON CONFLICT (run_id, hash) DO NOTHING)
    SELECT hash FROM held`;
  const held = new Set(rows.map(({ hash }) => hash));
  return [...new Set(refs.map((ref) => ref.$object))].filter((hash) => !held.has(hash));
}

/** A run that was never born needs nothing. */
export async function forgetUnborn(sql: Sql, runId: RunId): Promise<void> {
  const id = toUuid(runId);
  await sql`DELETE FROM run_objects WHERE run_id = ${id}::text::uuid
    AND NOT EXISTS (SELECT FROM runs WHERE id = ${id}::text::uuid)`;
}

export async function findOrgOfRun(sql: Sql, runId: RunId): Promise<string | null> {
  const [row] = await sql<{ org_id: string }[]>`
    SELECT org_id FROM runs WHERE id = ${toUuid(runId)}::text::uuid`;
  return row?.org_id ?? null;
}

export async function orgOfRun(sql: Sql, runId: RunId): Promise<OrgId> {
  const org = await findOrgOfRun(sql, runId);
  if (org === null) throw notFound('run', runId);
  return fromUuid('org', org);
}

export interface Doomed {
  hashes: string[];
  /** The moment of the doom, as Postgres wrote it: whose doom it is. */
  stamp: string;
}

export interface DoomPage extends Doomed {
  /** Where the next page begins; null when there is none. */
  last: string | null;
}

/**
 * Takes what no run refers to and nobody has touched for so long, out of the next `limit` objects. In two statements:
 * the second looks for references after the rows are locked, so it sees those that were written meanwhile, and any
 * later one waits for the lock and finds the doom.
 */
export async function doomObjects(
  sql: Sql,
  { after, limit, graceMs }: { after: string; limit: number; graceMs: number },
): Promise<DoomPage> {
  const result = await sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    const [page] = await tx<[{ last: string | null; hashes: string[] | null }]>`
      WITH page AS MATERIALIZED (
        SELECT hash FROM stored_objects WHERE hash > ${after}::text ORDER BY hash LIMIT ${String(limit)}::text::int),
      garbage AS MATERIALIZED (
        SELECT hash FROM stored_objects o
        WHERE hash IN (SELECT hash FROM page) AND doomed_at IS NULL
          AND touched_at <= now() - ${String(graceMs)}::text::float8 * interval '1 ms'
          AND NOT EXISTS (SELECT FROM run_objects r WHERE r.hash = o.hash)
        ORDER BY hash FOR UPDATE SKIP LOCKED)
      SELECT (SELECT max(hash) FROM page) AS last, (SELECT json_agg(hash) FROM garbage) AS hashes`;
    const found = page.hashes ?? [];
    if (found.length === 0) return { last: page.last, hashes: [], stamp: '' };
    const doomed = await tx<{ hash: string; stamp: string }[]>`
      UPDATE stored_objects o SET doomed_at = now()
      WHERE hash IN (SELECT json_array_elements_text(${JSON.stringify(found)}::text::json))
        AND NOT EXISTS (SELECT FROM run_objects r WHERE r.hash = o.hash)
      RETURNING hash, now()::text AS stamp`;
    return { last: page.last, hashes: doomed.map(({ hash }) => hash), stamp: doomed[0]?.stamp ?? '' };
  });
  return result as DoomPage;
}

/** Takes up what a collector left doomed when it died. */
export async function takeUpDoomed(sql: Sql, limit: number): Promise<Doomed> {
  const [row] = await sql<[{ hashes: string[] | null; stamp: string }]>`
    WITH left_over AS MATERIALIZED (
      SELECT hash FROM stored_objects WHERE doomed_at < now() - ${DOOM_LASTS}::text::interval
      ORDER BY hash LIMIT ${String(limit)}::text::int FOR UPDATE SKIP LOCKED),
    doomed AS (
      UPDATE stored_objects SET doomed_at = now() WHERE hash IN (SELECT hash FROM left_over) RETURNING hash)
    SELECT (SELECT json_agg(hash) FROM doomed) AS hashes, now()::text AS stamp`;
  return { hashes: row.hashes ?? [], stamp: row.stamp };
}

/** Their bytes are gone: from now on they can be stored again. Only under the doom that they were deleted under. */
export async function forgetObjects(sql: Sql, { hashes, stamp }: Doomed): Promise<void> {
  await sql`DELETE FROM stored_objects
    WHERE hash IN (SELECT json_array_elements_text(${JSON.stringify(hashes)}::text::json))
      AND doomed_at = ${stamp}::text::timestamptz`;
}
