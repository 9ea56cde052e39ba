import { z } from 'zod';
import { instantiateSchema, instantiateTemplate } from '#server/services/template/instantiate.ts';
import { listTemplates } from '#server/services/template/list.ts';
import { pipelineSchema, presentPipeline, presentTemplate, templateSchema } from '../wire/pipeline.ts';
import { EXAMPLE } from './examples.ts';
import { created, operation } from './operation.ts';

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
    input: instantiateSchema,
    output: pipelineSchema,
    status: 201,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { key: 'simple_lookup', name: EXAMPLE.newName },
    async handle({ services, actor }, input) {
      const pipeline = await instantiateTemplate(services, actor, input);
      return created(presentPipeline(pipeline), `/api/v1/pipelines/${pipeline.id}`);
    },
  }),
};
