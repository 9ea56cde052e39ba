import { and, desc, eq, isNull } from 'drizzle-orm';
import { drafts, pipelines, versions } from '#db/schema/index.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { fromUuid, type PipelineId, toUuid, type VersionId } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';

export interface VersionView {
  id: VersionId;
  number: number;
  contentHash: string;
  note: string;
  createdAt: Date;
}

export interface PipelineView {
  id: PipelineId;
  name: string;
  description: string;
  tags: string[];
  createdAt: Date;
  updatedAt: Date;
  draft: { revision: number; document: Json } | null;
  newest: (VersionView & { graph: Json }) | null;
}

const VERSION_COLUMNS = {
  id: versions.id,
  number: versions.number,
  contentHash: versions.contentHash,
  note: versions.note,
  createdAt: versions.createdAt,
};

type VersionRow = { id: string; number: number; contentHash: string; note: string; createdAt: Date };

export function toVersionView(row: VersionRow): VersionView {
  const { id, number, contentHash, note, createdAt } = row;
  return { id: fromUuid('ver', id), number, contentHash, note, createdAt };
}

export async function findNewestVersion(tx: TenantTransaction, id: PipelineId) {
  const [row] = await tx
    .select({ ...VERSION_COLUMNS, graph: versions.graph })
    .from(versions)
    .where(eq(versions.pipelineId, toUuid(id)))
    .orderBy(desc(versions.number))
    .limit(1);
  return row ? { ...toVersionView(row), graph: row.graph } : null;
}

export async function listVersionRows(
  tx: TenantTransaction,
  id: PipelineId,
  limit: number,
): Promise<VersionView[]> {
  const rows = await tx
    .select(VERSION_COLUMNS)
    .from(versions)
    .where(eq(versions.pipelineId, toUuid(id)))
    .orderBy(desc(versions.number))
    .limit(limit);
  return rows.map(toVersionView);
}

export async function loadPipeline(tx: TenantTransaction, id: PipelineId): Promise<PipelineView> {
  const [row] = await tx
    .select()
    .from(pipelines)
    .leftJoin(drafts, eq(drafts.pipelineId, pipelines.id))
    .where(and(eq(pipelines.id, toUuid(id)), isNull(pipelines.archivedAt)));
  if (!row) throw notFound('pipeline', id);
  const { name, description, tags, createdAt, updatedAt } = row.pipelines;
  return {
    id,
    name,
    description,
    tags,
    createdAt,
    updatedAt,
    draft: row.drafts && { revision: row.drafts.revision, document: row.drafts.document },
    newest: await findNewestVersion(tx, id),
  };
}
