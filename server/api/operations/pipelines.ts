import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { archivePipeline, unarchivePipeline } from '#server/services/pipeline/archive.ts';
import {
  type CreatedPipeline,
  createPipeline,
  pipelineNameSchema,
} from '#server/services/pipeline/create.ts';
import { duplicatePipeline } from '#server/services/pipeline/duplicate.ts';
import { exportPipeline } from '#server/services/pipeline/export.ts';
import { getPipeline } from '#server/services/pipeline/get.ts';
import { importPipeline } from '#server/services/pipeline/import.ts';
import { listPipelines, PIPELINE_SORTS } from '#server/services/pipeline/list.ts';
import { starPipeline } from '#server/services/pipeline/star.ts';
import { updatePipeline, updateSchema } from '#server/services/pipeline/update.ts';
import { validatePipeline, validateSchema } from '#server/services/pipeline/validate.ts';
import { startRun } from '#server/services/run/start.ts';
import {
  pipelineItemSchema,
  pipelineSchema,
  presentPipeline,
  presentPipelineItem,
} from '../wire/pipeline.ts';
import { pipelineBodySchema, toDocument } from '../wire/pipeline-body.ts';
import { graphProblemSchema, presentGraphProblem, textFaultSchema } from '../wire/problem.ts';
import { presentRun, runSchema } from '../wire/run.ts';
import { anyJson, anyObject, nextCursor } from '../wire/values.ts';
import { drafts } from './drafts.ts';
import { EXAMPLE, EXAMPLE_DOCUMENT, EXAMPLE_TEXT } from './examples.ts';
import { idempotencyKey, pageInput } from './fields.ts';
import { created, operation, rawOperation } from './operation.ts';
import { versions } from './versions.ts';

export const createdPipeline = (pipeline: CreatedPipeline) =>
  created(presentPipeline(pipeline), `/api/v1/pipelines/${pipeline.id}`, pipeline.isNew);

const onePipeline = z.strictObject({ id: idSchema('pipe') });

const aboutPipelines = {
  list: operation({
    method: 'GET',
    path: '/api/v1/pipelines',
    summary: 'List pipelines',
    input: z.strictObject({
      ...pageInput,
      search: z.string().max(200).optional().describe('Words in the name or the description.'),
      tags: z.array(z.string().min(1).max(64)).max(32).optional().describe('It has all of them.'),
      ids: z.array(idSchema('pipe')).min(1).max(50).optional().describe('These alone, archived or not.'),
      archived: z.boolean().optional(),
      starred: z.boolean().optional().describe('By whoever asks.'),
      sort: z.enum(PIPELINE_SORTS).optional(),
      order: z.enum(['asc', 'desc']).optional(),
      recent_runs: z
        .int()
        .min(0)
        .max(20)
        .optional()
        .describe('So many of the last runs are told with each; left out: none.'),
    }),
    output: z.object({ pipelines: z.array(pipelineItemSchema), next_cursor: nextCursor }),
    example: { limit: 10, search: 'sensor', sort: 'name', recent_runs: 20 },
    async handle({ services, actor }, { recent_runs: recentRuns, ...input }) {
      const page = await listPipelines(services, actor, { ...input, recentRuns });
      return { pipelines: page.items.map(presentPipelineItem), next_cursor: page.nextCursor };
    },
  }),

  create: operation({
    method: 'POST',
    path: '/api/v1/pipelines',
    summary: 'Create a pipeline',
    description:
      'Whoever posts stages means to run them: the first version is published at once. Dependencies name stages by their place or by their key.',
    input: pipelineBodySchema.extend({ idempotency_key: idempotencyKey }),
    output: pipelineSchema,
    status: 201,
    errors: ['CONFLICT'],
    example: {
      name: EXAMPLE.newName,
      description: 'Mean temperature of each site and day',
      stages: [
        { name: 'read', type: 'data-ingestion', required: true, timeout: 300 },
        { name: 'check', type: 'validation', required: false, timeout: 60 },
      ],
      dependencies: [{ from: 0, to: 1 }],
    },
    async handle({ services, actor }, { name, description, tags, idempotency_key, ...graph }) {
      const pipeline = await createPipeline(services, actor, {
        name,
        description,
        tags,
        document: toDocument({ name, ...graph }),
        publish: true,
        idempotencyKey: idempotency_key,
      });
      return createdPipeline(pipeline);
    },
  }),

  import: operation({
    method: 'POST',
    path: '/api/v1/pipelines/import',
    summary: 'Create a pipeline from an exported text',
    input: z.strictObject({
      name: pipelineNameSchema,
      description: z.string().max(10_000).optional(),
      format: z.enum(['yaml', 'json']).optional(),
      text: z.string().min(1),
      publish: z.boolean().optional(),
      idempotency_key: idempotencyKey,
    }),
    output: pipelineSchema,
    status: 201,
    errors: ['CONFLICT', 'TOO_LARGE'],
    example: { name: EXAMPLE.newName, format: 'yaml', text: EXAMPLE_TEXT, publish: true },
    handle: async ({ services, actor }, { idempotency_key, ...input }) =>
      createdPipeline(await importPipeline(services, actor, { ...input, idempotencyKey: idempotency_key })),
  }),

  validate: operation({
    method: 'POST',
    path: '/api/v1/pipelines/validate',
    summary: 'Judge a pipeline without keeping it',
    input: validateSchema,
    output: z.object({
      valid: z.boolean(),
      problems: z.array(graphProblemSchema).describe('Where in the document.'),
      faults: z.array(textFaultSchema).describe('Where in the text, when it cannot be read.'),
    }),
    example: { document: EXAMPLE_DOCUMENT },
    async handle({ services, actor }, input) {
      const { problems, ...verdict } = await validatePipeline(services, actor, input);
      return { ...verdict, problems: problems.map(presentGraphProblem) };
    },
  }),

  get: operation({
    method: 'GET',
    path: '/api/v1/pipelines/{id}',
    summary: 'Get a pipeline with its draft and newest version',
    input: onePipeline,
    output: pipelineSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.pipeline },
    handle: async ({ services, actor }, input) => presentPipeline(await getPipeline(services, actor, input)),
  }),

  update: operation({
    method: 'PATCH',
    path: '/api/v1/pipelines/{id}',
    summary: 'Rename, describe or tag a pipeline, or offer it as a tool',
    input: updateSchema,
    output: pipelineSchema,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: EXAMPLE.pipeline, description: 'Cleans what the sensors send', tags: ['sensors'] },
    handle: async ({ services, actor }, input) =>
      presentPipeline(await updatePipeline(services, actor, input)),
  }),

  archive: operation({
    method: 'POST',
    path: '/api/v1/pipelines/{id}/archive',
    summary: 'Archive a pipeline',
    description: 'It is neither run nor changed any more, and its name is free. Runs and versions stay.',
    input: onePipeline,
    output: pipelineSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.pipeline },
    handle: async ({ services, actor }, input) =>
      presentPipeline(await archivePipeline(services, actor, input)),
  }),

  unarchive: operation({
    method: 'POST',
    path: '/api/v1/pipelines/{id}/unarchive',
    summary: 'Bring an archived pipeline back',
    input: onePipeline,
    output: pipelineSchema,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: EXAMPLE.archivedPipeline },
    handle: async ({ services, actor }, input) =>
      presentPipeline(await unarchivePipeline(services, actor, input)),
  }),

  star: operation({
    method: 'PUT',
    path: '/api/v1/pipelines/{id}/star',
    summary: 'Keep a pipeline at hand, or no longer',
    description: 'For whoever asks; nobody else sees it.',
    input: z.strictObject({ id: idSchema('pipe'), starred: z.boolean() }),
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.pipeline, starred: true },
    handle: ({ services, actor }, input) => starPipeline(services, actor, input).then(() => undefined),
  }),

  duplicate: operation({
    method: 'POST',
    path: '/api/v1/pipelines/{id}/duplicate',
    summary: 'Duplicate a pipeline',
    description: 'A pipeline of its own with the same draft and no versions.',
    input: z.strictObject({
      id: idSchema('pipe'),
      name: pipelineNameSchema.optional(),
      idempotency_key: idempotencyKey,
    }),
    output: pipelineSchema,
    status: 201,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: EXAMPLE.pipeline, name: EXAMPLE.newName },
    handle: async ({ services, actor }, { idempotency_key, ...input }) =>
      createdPipeline(
        await duplicatePipeline(services, actor, { ...input, idempotencyKey: idempotency_key }),
      ),
  }),

  export: rawOperation({
    method: 'GET',
    path: '/api/v1/pipelines/{id}/export',
    summary: 'Export a pipeline as YAML or JSON',
    input: z.strictObject({
      id: idSchema('pipe'),
      format: z.enum(['yaml', 'json']).optional(),
      version: z.int().min(1).optional().describe('A published version; left out: the draft.'),
    }),
    contentType: ['application/yaml', 'application/json'],
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.pipeline, format: 'yaml' },
    async answer({ services, actor }, input) {
      const { format, text } = await exportPipeline(services, actor, input);
      return { status: 200, text, contentType: `application/${format}; charset=utf-8` };
    },
  }),

  execute: operation({
    method: 'POST',
    path: '/api/v1/pipelines/{id}/execute',
    summary: 'Run a pipeline',
    input: z.strictObject({
      id: idSchema('pipe'),
      input_data: anyJson.optional(),
      parameters: anyObject.optional(),
      notification: z
        .strictObject({ webhook: z.url({ protocol: /^https?$/ }).optional(), email: z.email().optional() })
        .optional(),
      metadata: anyObject.optional(),
      version: z.int().min(1).optional().describe('Its number; left out: the newest.'),
      idempotency_key: idempotencyKey,
    }),
    output: runSchema,
    status: 202,
    errors: ['NOT_FOUND', 'CONFLICT', 'TOO_LARGE'],
    example: {
      id: EXAMPLE.pipeline,
      input_data: { source: 's3://bucket/input-data', format: 'json' },
      parameters: { batch_size: 1000, parallel_workers: 4 },
      notification: { webhook: 'https://example.com/webhook', email: 'admin@example.com' },
    },
    async handle({ services, actor }, { id, input_data, idempotency_key, ...request }) {
      const { run, isNew } = await startRun(services, actor, {
        ...request,
        pipelineId: id,
        input: input_data,
        idempotencyKey: idempotency_key,
      });
      return created(presentRun(run), `/api/v1/runs/${run.id}`, isNew);
    },
  }),
};

export const pipelines = { ...aboutPipelines, ...drafts, ...versions };
