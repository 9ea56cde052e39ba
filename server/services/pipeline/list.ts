import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { drafts, pipelines, versions } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { fromUuid, idSchema, type PipelineId, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';

const listSchema = z.strictObject({ ...pageFields, cursor: idSchema('pipe').optional() });

export interface PipelineListItem {
  id: PipelineId;
  name: string;
  description: string;
  tags: string[];
  draftRevision: number | null;
  versionNumber: number | null;
  stages: number;
  createdAt: Date;
  updatedAt: Date;
}

export async function listPipelines(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<PipelineListItem>> {
  authorise(actor, 'pipeline.read');
  const { limit, cursor } = parseInput(listSchema, input);
  const newest = sql<
    number | null
  >`(SELECT max(v.number) FROM ${versions} v WHERE v.pipeline_id = ${pipelines.id})`;
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select({
        pipeline: pipelines,
        revision: drafts.revision,
        number: newest,
        stages: sql<number>`coalesce(json_array_length(${drafts.document} -> 'stages'), 0)`,
      })
      .from(pipelines)
      .leftJoin(drafts, eq(drafts.pipelineId, pipelines.id))
      .where(and(isNull(pipelines.archivedAt), cursor ? gt(pipelines.id, toUuid(cursor)) : undefined))
      .orderBy(pipelines.id)
      .limit(limit + 1),
  );
  return toPage(rows, limit, {
    idOf: (row) => fromUuid('pipe', row.pipeline.id),
    toItem: ({ pipeline, revision, number, stages }) => ({
      id: fromUuid('pipe', pipeline.id),
      name: pipeline.name,
      description: pipeline.description,
      tags: pipeline.tags,
      draftRevision: revision,
      versionNumber: number,
      stages,
      createdAt: pipeline.createdAt,
      updatedAt: pipeline.updatedAt,
    }),
  });
}
