import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { createPipeline } from '#server/services/pipeline/create.ts';
import { exportPipeline } from '#server/services/pipeline/export.ts';
import { getPipeline } from '#server/services/pipeline/get.ts';
import { importPipeline, importSchema } from '#server/services/pipeline/import.ts';
import { listPipelines } from '#server/services/pipeline/list.ts';
import { listVersions } from '#server/services/pipeline/list-versions.ts';
import { publishPipeline, publishSchema } from '#server/services/pipeline/publish.ts';
import { updateDraft } from '#server/services/pipeline/update-draft.ts';
import { validatePipeline, validateSchema } from '#server/services/pipeline/validate.ts';
import { startRun } from '#server/services/run/start.ts';
import {
  pipelineItemSchema,
  pipelineSchema,
  presentPipeline,
  presentPipelineItem,
  presentVersion,
  versionSchema,
} from '../wire/pipeline.ts';
import { pipelineBodySchema, toDocument } from '../wire/pipeline-body.ts';
import { graphProblemSchema, presentGraphProblem, textFaultSchema } from '../wire/problem.ts';
import { presentRun, runSchema } from '../wire/run.ts';
import { anyJson, anyObject, nextCursor } from '../wire/values.ts';
import { EXAMPLE, EXAMPLE_DOCUMENT, EXAMPLE_TEXT } from './examples.ts';
import { idempotencyKey, limitField, pageInput } from './fields.ts';
import { created, operation, rawOperation, reply } from './operation.ts';

const onePipeline = z.strictObject({ id: idSchema('pipe') });

export const pipelines = {
  list: operation({
    method: 'GET',
    path: '/api/v1/pipelines',
    summary: 'List pipelines',
    input: z.strictObject(pageInput),
    output: z.object({ pipelines: z.array(pipelineItemSchema), next_cursor: nextCursor }),
    example: { limit: 10 },
    async handle({ services, actor }, input) {
      const page = await listPipelines(services, actor, input);
      return { pipelines: page.items.map(presentPipelineItem), next_cursor: page.nextCursor };
    },
  }),

  create: operation({
    method: 'POST',
    path: '/api/v1/pipelines',
    summary: 'Create a pipeline',
    description:
      'Whoever posts stages means to run them: the first version is published at once. Dependencies name stages by their place or by their key.',
    input: pipelineBodySchema,
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
    async handle({ services, actor }, { name, description, tags, ...graph }) {
      const document = toDocument({ name, ...graph });
      const pipeline = await createPipeline(services, actor, {
        name,
        description,
        tags,
        document,
        publish: true,
      });
      return created(presentPipeline(pipeline), `/api/v1/pipelines/${pipeline.id}`);
    },
  }),

  import: operation({
    method: 'POST',
    path: '/api/v1/pipelines/import',
    summary: 'Create a pipeline from an exported text',
    input: importSchema,
    output: pipelineSchema,
    status: 201,
    errors: ['CONFLICT', 'TOO_LARGE'],
    example: { name: EXAMPLE.newName, format: 'yaml', text: EXAMPLE_TEXT, publish: true },
    async handle({ services, actor }, input) {
      const pipeline = await importPipeline(services, actor, input);
      return created(presentPipeline(pipeline), `/api/v1/pipelines/${pipeline.id}`);
    },
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

  saveDraft: operation({
    method: 'PUT',
    path: '/api/v1/pipelines/{id}/draft',
    summary: 'Save the draft of a pipeline',
    description: 'A draft may be wrong: it is work in progress. Its problems come back with it.',
    input: z.strictObject({
      id: idSchema('pipe'),
      revision: z.int().min(1).describe('The revision that the change was made on.'),
      document: anyObject,
      description: z.string().max(10_000).optional(),
    }),
    output: z.object({ revision: z.int(), problems: z.array(graphProblemSchema) }),
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: EXAMPLE.pipeline, revision: 1, document: EXAMPLE_DOCUMENT },
    async handle({ services, actor }, input) {
      const { revision, problems } = await updateDraft(services, actor, input);
      return { revision, problems: problems.map(presentGraphProblem) };
    },
  }),

  publish: operation({
    method: 'POST',
    path: '/api/v1/pipelines/{id}/publish',
    summary: 'Publish the draft as a version',
    input: publishSchema,
    output: z.object({
      version: versionSchema,
      is_new: z.boolean().describe('False: the draft is what the newest version says already.'),
    }),
    status: 201,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: EXAMPLE.changedPipeline, note: 'one more stage' },
    async handle({ services, actor }, input) {
      const { version, isNew } = await publishPipeline(services, actor, input);
      const output = { version: presentVersion(version), is_new: isNew };
      return reply(output, isNew ? {} : { status: 200 });
    },
  }),

  versions: operation({
    method: 'GET',
    path: '/api/v1/pipelines/{id}/versions',
    summary: 'List the versions of a pipeline',
    description: 'Newest first.',
    input: z.strictObject({ id: idSchema('pipe'), limit: limitField(200, 50) }),
    output: z.object({ versions: z.array(versionSchema) }),
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.pipeline },
    async handle({ services, actor }, input) {
      return { versions: (await listVersions(services, actor, input)).map(presentVersion) };
    },
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
