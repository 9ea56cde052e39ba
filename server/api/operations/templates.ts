import { z } from 'zod';
import { pipelineNameSchema } from '#server/services/pipeline/create.ts';
import { instantiateTemplate } from '#server/services/template/instantiate.ts';
import { listTemplates } from '#server/services/template/list.ts';
import { pipelineSchema, presentTemplate, templateSchema } from '../wire/pipeline.ts';
import { EXAMPLE } from './examples.ts';
import { idempotencyKey } from './fields.ts';
import { operation } from './operation.ts';
import { createdPipeline } from './pipelines.ts';

export const templates = {
  list: operation({
    method: 'GET',
    path: '/api/v1/templates',
    summary: 'List templates',
    input: z.strictObject({}),
    output: z.object({ templates: z.array(templateSchema) }),
    example: {},
    async handle({ services, actor }) {
      return { templates: (await listTemplates(services, actor)).map(presentTemplate) };
    },
  }),

  instantiate: operation({
    method: 'POST',
    path: '/api/v1/templates/{key}/instantiate',
    summary: 'Make a pipeline from a template',
    input: z.strictObject({
      key: z.string().min(1).max(128),
      name: pipelineNameSchema.optional(),
      publish: z.boolean().optional(),
      idempotency_key: idempotencyKey,
    }),
    output: pipelineSchema,
    status: 201,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { key: 'simple_lookup', name: EXAMPLE.newName },
    handle: async ({ services, actor }, { idempotency_key, ...input }) =>
      createdPipeline(
        await instantiateTemplate(services, actor, { ...input, idempotencyKey: idempotency_key }),
      ),
  }),
};
