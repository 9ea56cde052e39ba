import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import type { PipelineListItem } from '#server/services/pipeline/list.ts';
import type { PipelineView, VersionView } from '#server/services/pipeline/pipeline-view.ts';
import type { TemplateView } from '#server/services/template/list.ts';
import { anyJson, isoTime, time } from './values.ts';

const versionFields = {
  id: idSchema('ver'),
  number: z.int(),
  content_hash: z.string(),
  note: z.string(),
  created_at: time,
};
export const versionSchema = z.object(versionFields).meta({ id: 'Version' });

export function presentVersion(version: VersionView): z.input<typeof versionSchema> {
  const { id, number, contentHash, note, createdAt } = version;
  return { id, number, content_hash: contentHash, note, created_at: isoTime(createdAt) };
}

const aboutFields = {
  id: idSchema('pipe'),
  pipeline_id: idSchema('pipe'),
  name: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
};

export const pipelineSchema = z
  .object({
    ...aboutFields,
    draft: z.object({ revision: z.int(), document: anyJson }).nullable(),
    version: z
      .object({ ...versionFields, graph: anyJson })
      .nullable()
      .describe('The newest one that was published.'),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Pipeline' });

export function presentPipeline(pipeline: PipelineView): z.input<typeof pipelineSchema> {
  return {
    id: pipeline.id,
    pipeline_id: pipeline.id,
    name: pipeline.name,
    description: pipeline.description,
    tags: pipeline.tags,
    draft: pipeline.draft,
    version: pipeline.newest && { ...presentVersion(pipeline.newest), graph: pipeline.newest.graph },
    created_at: isoTime(pipeline.createdAt),
    updated_at: isoTime(pipeline.updatedAt),
  };
}

export const pipelineItemSchema = z
  .object({
    ...aboutFields,
    stages: z.int(),
    draft_revision: z.int().nullable(),
    version: z.int().nullable().describe('Number of the newest published version.'),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'PipelineListItem' });

export function presentPipelineItem(item: PipelineListItem): z.input<typeof pipelineItemSchema> {
  return {
    id: item.id,
    pipeline_id: item.id,
    name: item.name,
    description: item.description,
    tags: item.tags,
    stages: item.stages,
    draft_revision: item.draftRevision,
    version: item.versionNumber,
    created_at: isoTime(item.createdAt),
    updated_at: isoTime(item.updatedAt),
  };
}

export const templateSchema = z
  .object({
    key: z.string(),
    name: z.string(),
    description: z.string(),
    stages: z.int(),
    capabilities: z.array(z.string()),
    document: anyJson,
  })
  .meta({ id: 'Template' });

export const presentTemplate = (template: TemplateView): z.input<typeof templateSchema> => template;
