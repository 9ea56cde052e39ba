import { sql } from 'drizzle-orm';
import { toUuid } from '#server/domain/ids.ts';
import type { Edit } from '#server/domain/workspace/edits.ts';
import type { ChangeKind } from '#server/domain/workspace/history.ts';
import { foldersOf } from '#server/domain/workspace/path.ts';
import type { TenantTransaction } from '../tenant.ts';
import { handAlive, type Place, type Writer } from './workspace-enter.ts';

export interface LeaseProof {
  id: string;
  token: number;
}

export interface FileChange {
  seq: number;
  path: string;
  kind: ChangeKind;
  /** The version that it was made on; 0: the file must not be there. */
  baseVersion: number;
  /** Null: the file goes. */
  content: Stored | null;
  edits: readonly Edit[] | null;
  note: string | null;
  lease: LeaseProof | null;
  /** What the workspace is charged for it. */
  cost: number;
  limits: { maxBytes: number; maxFiles: number };
}

/** What a file holds, and where that is. */
export interface Stored {
  hash: string;
  bytes: number;
  isText: boolean;
  /** In base64; null: it is in the object store. */
  inline: string | null;
}

export interface WriteVerdict {
  isWritten: boolean;
  /** Of the file as it was before; 0: there was none. */
  version: number;
  isThere: boolean;
  isFenced: boolean;
  isOutdated: boolean;
  /** A file that is where this one needs a folder, or that is in a folder of this name. */
  clash: string | null;
  hasRoom: boolean;
  at: Date | null;
}

/** Claims of this path that hold at that moment, as the statement below and `findHolding` see them. */
export const holdingOf = (runId: string, path: string, now = sql`clock_timestamp()`) => sql`
  SELECT l.* FROM workspace_leases l
  WHERE l.org_id = (SELECT current_org()) AND l.run_id = ${runId}::text::uuid AND l.ended_at IS NULL AND l.expires_at > ${now}
    AND ${path} ~ ANY (l.matchers) AND ${handAlive('l')}`;

/** Whoever shows a claim must hold it now; whoever shows none may write where nobody else holds one. */
const fence = (lease: LeaseProof | null, holder: string) =>
  lease === null
    ? sql`NOT EXISTS (SELECT FROM held WHERE holder <> ${holder})`
    : sql`EXISTS (SELECT FROM held WHERE id = ${lease.id}::text::uuid
        AND token = ${lease.token}::text::bigint AND holder = ${holder})`;

/**
 * The one statement that changes a file. It judges and writes at once: the version that the change was made on, the
 * claim and its fencing token by the database's clock, the names around it, and the room that is left. The clock is read
 * once, so the moment that the history tells is one at which the claim held. Comes after
 * `enterWorkspace`, which holds everybody else off, so what it judges by is what it writes to.
 */
export async function writeFile(
  tx: TenantTransaction,
  { runId, orgId }: Place,
  { writer, change }: { writer: Writer; change: FileChange },
): Promise<WriteVerdict> {
  const id = toUuid(runId);
  const { path, kind, content, baseVersion, cost, limits } = change;
  const base = sql`${baseVersion}::text::int`;
  const [run, org] = [sql`${id}::text::uuid`, sql`${toUuid(orgId)}::text::uuid`];
  const what = sql`${content?.hash ?? null}::text, ${content?.bytes ?? 0}::text::int, ${content?.isText ?? true}::text::boolean`;
  const [row] = await tx.execute<VerdictRow>(sql`
    WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
    held AS MATERIALIZED (${holdingOf(id, path, sql`(SELECT now FROM clock)`)}),
    old AS MATERIALIZED (SELECT version, hash FROM workspace_files WHERE run_id = ${run} AND path = ${path}),
    judged AS MATERIALIZED (
      SELECT coalesce(o.version, 0) AS version, o.hash IS NOT NULL AS is_there,
        ${fence(change.lease, writer.holder)} AS is_fenced,
        NOT (coalesce(o.version, 0) = ${base} OR (${base} = 0 AND o.hash IS NULL)) AS is_outdated,
        ${content === null ? sql`NULL` : clashOf(id, path)} AS clash,
        (${content !== null}::text::boolean)::int - (o.hash IS NOT NULL)::int AS more
      FROM (SELECT) AS one LEFT JOIN old o ON true),
    roomy AS MATERIALIZED (
      SELECT w.bytes + ${cost}::text::bigint <= ${limits.maxBytes}::text::bigint
        AND (j.more <= 0 OR w.files + j.more <= ${limits.maxFiles}::text::int) AS has_room
      FROM workspaces w, judged j WHERE w.run_id = ${run}),
    charged AS (
      UPDATE workspaces w SET bytes = w.bytes + ${cost}::text::bigint, files = w.files + j.more
      FROM judged j, roomy WHERE w.run_id = ${run} AND has_room AND is_fenced AND NOT is_outdated AND clash IS NULL
      RETURNING j.version + 1 AS version, (SELECT now FROM clock) AS at),
    kept AS (
      INSERT INTO workspace_blobs (run_id, hash, org_id, bytes, content)
      SELECT ${run}, ${content?.hash ?? null}::text, ${org}, ${content?.bytes ?? 0}::text::int,
        decode(${content?.inline ?? null}::text, 'base64')
      FROM charged WHERE ${content !== null}::text::boolean ON CONFLICT DO NOTHING),
    noted AS (
      INSERT INTO workspace_versions (run_id, path, version, org_id, seq, kind, hash, bytes, is_text, edits, note,
        holder, changed_by, stage_key, token, at)
      SELECT ${run}, ${path}, version, ${org}, ${change.seq}::text::bigint, ${kind}, ${what},
        ${change.edits === null ? null : JSON.stringify(change.edits)}::text::json, ${change.note}::text,
        ${writer.holder}, ${writer.name}, ${writer.hand?.stageKey ?? null}::text,
        ${change.lease?.token ?? null}::text::bigint, at
      FROM charged),
    written AS (
      INSERT INTO workspace_files AS f (run_id, path, org_id, version, hash, bytes, is_text, changed_by, changed_at)
      SELECT ${run}, ${path}, ${org}, version, ${what}, ${writer.name}, at FROM charged
      ON CONFLICT (run_id, path) DO UPDATE SET version = excluded.version, hash = excluded.hash,
        bytes = excluded.bytes, is_text = excluded.is_text, changed_by = excluded.changed_by,
        changed_at = excluded.changed_at)
    SELECT judged.*, has_room, (SELECT at FROM charged) AS at FROM judged, roomy`);
  return toVerdict(row);
}

/** A name is a file or a folder. In the order of bytes all that is in a folder stands between `/` and the next character. */
const clashOf = (runId: string, path: string) => sql`(
  SELECT path FROM workspace_files WHERE run_id = ${runId}::text::uuid AND hash IS NOT NULL
    AND (path IN (SELECT json_array_elements_text(${JSON.stringify(foldersOf(path))}::text::json))
      OR (path > ${`${path}/`} AND path < ${`${path}0`})) LIMIT 1)`;

interface VerdictRow extends Record<string, unknown> {
  version: number;
  is_there: boolean;
  is_fenced: boolean;
  is_outdated: boolean;
  clash: string | null;
  has_room: boolean;
  at: string | null;
}

function toVerdict(row: VerdictRow | undefined): WriteVerdict {
  if (!row) throw new Error('A workspace was written to that nobody has entered.');
  return {
    isWritten: row.at !== null,
    version: row.version,
    isThere: row.is_there,
    isFenced: row.is_fenced,
    isOutdated: row.is_outdated,
    clash: row.clash,
    hasRoom: row.has_room,
    at: row.at === null ? null : new Date(row.at),
  };
}
