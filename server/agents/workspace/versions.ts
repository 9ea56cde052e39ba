import { sql } from 'drizzle-orm';
import type { Place } from '#db/queries/workspace-enter.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import { toUuid } from '#server/domain/ids.ts';

export interface FileVersion {
  path: string;
  version: number;
  /** Null: this version deleted the file. */
  hash: string | null;
  bytes: number;
  isText: boolean;
  changedBy: string;
  changedAt: Date;
}

export interface VersionRow extends Record<string, unknown> {
  path: string;
  version: number;
  hash: string | null;
  bytes: number;
  is_text: boolean;
  changed_by: string;
  changed_at: string;
}

export const toFileVersion = (row: VersionRow): FileVersion => ({
  path: row.path,
  version: row.version,
  hash: row.hash,
  bytes: row.bytes,
  isText: row.is_text,
  changedBy: row.changed_by,
  changedAt: new Date(row.changed_at),
});

/** Without a version: as the file is now. */
export async function findVersion(
  tx: TenantTransaction,
  { runId }: Pick<Place, 'runId'>,
  { path, version }: { path: string; version?: number | undefined },
): Promise<FileVersion | null> {
  const run = sql`${toUuid(runId)}::text::uuid`;
  const [row] = await tx.execute<VersionRow>(
    version === undefined
      ? sql`SELECT path, version, hash, bytes, is_text, changed_by, changed_at FROM workspace_files
          WHERE org_id = (SELECT current_org()) AND run_id = ${run} AND path = ${path}`
      : sql`SELECT path, version, hash, bytes, is_text, changed_by, at AS changed_at FROM workspace_versions
          WHERE org_id = (SELECT current_org()) AND run_id = ${run} AND path = ${path} AND version = ${version}::text::int`,
  );
  return row ? toFileVersion(row) : null;
}
