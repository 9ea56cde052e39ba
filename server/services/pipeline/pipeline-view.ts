import { and, desc, eq, lt } from 'drizzle-orm';
import { drafts, members, pipelines, versions } from '#db/schema/index.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import { notFound, SignalboxError } from '#server/domain/errors.ts';
import { fromUuid, type PipelineId, toUuid, type VersionId } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';

export interface VersionView {
  id: VersionId;
  number: number;
  contentHash: string;
  note: string;
  createdAt: Date;
  /** Who published it, while they are a member. */
  publisher: string | null;
}

export interface DraftView {
  revision: number;
  document: JsonObject;
  updatedAt: Date;
}

export interface PipelineView {
  id: PipelineId;
  name: string;
  description: string;
  tags: string[];
  /** As which it is offered to models; null: not at all. */
  toolName: string | null;
  createdAt: Date;
  updatedAt: Date;
  archivedAt: Date | null;
  draft: DraftView | null;
  newest: (VersionView & { graph: JsonObject }) | null;
}

const VERSION_COLUMNS = {
  id: versions.id,
  number: versions.number,
  contentHash: versions.contentHash,
  note: versions.note,
  createdAt: versions.createdAt,
  publisher: members.name,
};

type VersionRow = Omit<VersionView, 'id'> & { id: string };

export function toVersionView(row: VersionRow): VersionView {
  const { id, number, contentHash, note, createdAt, publisher } = row;
  return { id: fromUuid('ver', id), number, contentHash, note, createdAt, publisher };
}

export async function findNewestVersion(tx: TenantTransaction, id: PipelineId) {
  const [row] = await tx
    .select({ ...VERSION_COLUMNS, graph: versions.graph })
    .from(versions)
    .leftJoin(members, eq(members.userId, versions.madeBy))
    .where(eq(versions.pipelineId, toUuid(id)))
    .orderBy(desc(versions.number))
    .limit(1);
  return row ? { ...toVersionView(row), graph: row.graph } : null;
}

/** Of an archived pipeline too: it can still be looked at. */
export async function loadPipeline(tx: TenantTransaction, id: PipelineId): Promise<PipelineView> {
  const [row] = await tx
    .select()
    .from(pipelines)
    .leftJoin(drafts, eq(drafts.pipelineId, pipelines.id))
    .where(eq(pipelines.id, toUuid(id)));
  if (!row) throw notFound('pipeline', id);
  const { name, description, tags, toolName, createdAt, updatedAt, archivedAt } = row.pipelines;
  return {
    id,
    name,
    description,
    tags,
    toolName,
    createdAt,
    updatedAt,
    archivedAt,
    draft: row.drafts && {
      revision: row.drafts.revision,
      document: row.drafts.document,
      updatedAt: row.drafts.updatedAt,
    },
    newest: await findNewestVersion(tx, id),
  };
}

/** Of a pipeline that is in use: what is archived is neither run nor changed. */
export async function loadLivePipeline(tx: TenantTransaction, id: PipelineId): Promise<PipelineView> {
  const pipeline = await loadPipeline(tx, id);
  refuseArchived(pipeline);
  return pipeline;
}

export function refuseArchived(pipeline: Pick<PipelineView, 'name' | 'archivedAt'>): void {
  if (pipeline.archivedAt === null) return;
  throw new SignalboxError('CONFLICT', `The pipeline ${JSON.stringify(pipeline.name)} is archived.`, {
    advice: 'Bring it back first.',
  });
}

export async function loadDraft(tx: TenantTransaction, id: PipelineId): Promise<DraftView> {
  const { draft } = await loadLivePipeline(tx, id);
  if (!draft) throw notFound('draft of pipeline', id);
  return draft;
}

export async function loadVersion(
  tx: TenantTransaction,
  id: PipelineId,
  number: number,
): Promise<VersionView & { graph: JsonObject }> {
  const [row] = await tx
    .select({ ...VERSION_COLUMNS, graph: versions.graph })
    .from(versions)
    .leftJoin(members, eq(members.userId, versions.madeBy))
    .where(and(eq(versions.pipelineId, toUuid(id)), eq(versions.number, number)));
  if (!row) throw notFound('version', `${number} of ${id}`);
  return { ...toVersionView(row), graph: row.graph };
}

export async function loadVersionById(tx: TenantTransaction, id: VersionId): Promise<VersionView> {
  const [row] = await tx
    .select(VERSION_COLUMNS)
    .from(versions)
    .leftJoin(members, eq(members.userId, versions.madeBy))
    .where(eq(versions.id, toUuid(id)));
  if (!row) throw notFound('version', id);
  return toVersionView(row);
}

/** Of a task on its own too: its graph has no number, as it is of no pipeline. */
export async function loadGraphById(
  tx: TenantTransaction,
  id: VersionId,
): Promise<{ number: number | null; graph: JsonObject }> {
  const [row] = await tx
    .select({ number: versions.number, pipelineId: versions.pipelineId, graph: versions.graph })
    .from(versions)
    .where(eq(versions.id, toUuid(id)));
  if (!row) throw notFound('version', id);
  return { number: row.pipelineId === null ? null : row.number, graph: row.graph };
}

export async function listVersionRows(
  tx: TenantTransaction,
  id: PipelineId,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<VersionView[]> {
  const rows = await tx
    .select(VERSION_COLUMNS)
    .from(versions)
    .leftJoin(members, eq(members.userId, versions.madeBy))
    .where(
      and(
        eq(versions.pipelineId, toUuid(id)),
        before === undefined ? undefined : lt(versions.number, before),
      ),
    )
    .orderBy(desc(versions.number))
    .limit(limit);
  return rows.map(toVersionView);
}
