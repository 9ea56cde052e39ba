import { z } from 'zod';
import { pipelineNameSchema } from '#server/services/pipeline/create.ts';
import { instantiateTemplate } from '#server/services/template/instantiate.ts';
import { listTemplates, TEMPLATE_SORTS } from '#server/services/template/list.ts';
import { pipelineSchema, presentTemplate, templateSchema } from '../wire/pipeline.ts';
import { nextCursor } from '../wire/values.ts';
import { EXAMPLE } from './examples.ts';
import { idempotencyKey, limitField, orderInput, pageInput } from './fields.ts';
import { operation } from './operation.ts';
import { createdPipeline } from './pipelines.ts';

export const templates = {
  list: operation({
    method: 'GET',
    path: '/api/v1/templates',
    summary: 'List templates',
    input: z.strictObject({
      ...pageInput,
      limit: limitField(200, 200),
      search: z.string().max(200).optional().describe('A part of its name, key or description.'),
      sort: z.enum(TEMPLATE_SORTS).optional().describe('Left out: `key`.'),
      order: orderInput,
    }),
    output: z.object({ templates: z.array(templateSchema), next_cursor: nextCursor }),
    isTagged: true,
    example: { search: 'lookup', sort: 'name' },
    async handle({ services, actor }, input) {
      const page = await listTemplates(services, actor, input);
      return { templates: page.items.map(presentTemplate), next_cursor: page.nextCursor };
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
