import { z } from 'zod';
import type { Problem } from '#server/domain/graph/validate.ts';
import { idSchema } from '#server/domain/ids.ts';
import { RUN_STATUSES } from '#server/domain/statuses.ts';
import type { PipelineListItem } from '#server/services/pipeline/list.ts';
import type { DraftView, PipelineView, VersionView } from '#server/services/pipeline/pipeline-view.ts';
import type { TemplateView } from '#server/services/template/list.ts';
import { graphProblemSchema, presentGraphProblem } from './problem.ts';
import { anyJson, anyObject, isoTime, isoTimeOrNull, time } from './values.ts';

const versionFields = {
  id: idSchema('ver'),
  number: z.int(),
  content_hash: z.string(),
  note: z.string(),
  created_at: time,
  published_by: z.string().nullable().describe('Who published it, while they are a member.'),
};
export const versionSchema = z.object(versionFields).meta({ id: 'Version' });
export const foundVersionSchema = z
  .object({ ...versionFields, pipeline_id: idSchema('pipe').nullable() })
  .meta({ id: 'FoundVersion' });
export const versionWithGraphSchema = z
  .object({ ...versionFields, graph: anyObject })
  .meta({ id: 'VersionWithGraph' });

const changeSchema = z.object({ field: z.string(), before: anyJson, after: anyJson }).meta({ id: 'Change' });
export const graphDiffSchema = z
  .object({
    stages: z.object({
      added: z.array(z.string()),
      removed: z.array(z.string()),
      changed: z.array(z.object({ key: z.string(), changes: z.array(changeSchema) })),
    }),
    dependencies: z.object({ added: z.array(anyObject), removed: z.array(anyObject) }),
    settings: z.array(changeSchema).describe('Of the pipeline itself: schemas, the deadline.'),
  })
  .meta({ id: 'GraphDiff', description: 'What equals its default is not told.' });

export function presentVersion(version: VersionView): z.input<typeof versionSchema> {
  const { id, number, contentHash, note, createdAt, publisher } = version;
  return {
    ...{ id, number, content_hash: contentHash, note, created_at: isoTime(createdAt) },
    published_by: publisher,
  };
}

const aboutFields = {
  id: idSchema('pipe'),
  pipeline_id: idSchema('pipe'),
  name: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
};

const toolName = z
  .string()
  .nullable()
  .describe('As which it is offered to models (`pipe_<tool_name>`); null: not at all.');

const draftFields = { revision: z.int(), document: anyObject, updated_at: time };
const draftSchema = z.object(draftFields);
export const judgedDraftSchema = z
  .object({ ...draftFields, problems: z.array(graphProblemSchema) })
  .meta({ id: 'Draft' });

const presentDraft = ({ revision, document, updatedAt }: DraftView): z.input<typeof draftSchema> => ({
  revision,
  document,
  updated_at: isoTime(updatedAt),
});

export function presentJudgedDraft(
  draft: DraftView & { problems: Problem[] },
): z.input<typeof judgedDraftSchema> {
  return { ...presentDraft(draft), problems: draft.problems.map(presentGraphProblem) };
}

export const pipelineSchema = z
  .object({
    ...aboutFields,
    draft: draftSchema.nullable(),
    tool_name: toolName,
    version: versionWithGraphSchema.nullable().describe('The newest one that was published.'),
    archived_at: time.nullable(),
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
    tool_name: pipeline.toolName,
    draft: pipeline.draft && presentDraft(pipeline.draft),
    version: pipeline.newest && { ...presentVersion(pipeline.newest), graph: pipeline.newest.graph },
    archived_at: isoTimeOrNull(pipeline.archivedAt),
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
    starred: z.boolean().describe('By whoever asks.'),
    owner: z
      .object({ id: idSchema('user'), name: z.string() })
      .nullable()
      .describe('Who made it, while they are a member.'),
    recent_runs: z
      .array(
        z.object({
          id: idSchema('run'),
          status: z.enum(RUN_STATUSES),
          created_at: time,
          finished_at: time.nullable(),
        }),
      )
      .nullable()
      .describe('Newest first. Null when they were not asked for, or are not for whoever asks.'),
    archived_at: time.nullable(),
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
    starred: item.isStarred,
    owner: item.owner,
    recent_runs:
      item.recentRuns?.map(({ id, status, createdAt, finishedAt }) => ({
        ...{ id, status, created_at: isoTime(createdAt), finished_at: isoTimeOrNull(finishedAt) },
      })) ?? null,
    archived_at: isoTimeOrNull(item.archivedAt),
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
