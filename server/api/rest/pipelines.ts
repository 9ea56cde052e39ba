import { z } from 'zod';
import { isJsonObject, type Json, jsonObjectSchema, jsonSchema } from '#server/domain/json.ts';
import { parseInput } from '#server/services/parse-input.ts';
import { createPipeline } from '#server/services/pipeline/create.ts';
import { exportPipeline } from '#server/services/pipeline/export.ts';
import { getPipeline } from '#server/services/pipeline/get.ts';
import { importPipeline } from '#server/services/pipeline/import.ts';
import { listPipelines } from '#server/services/pipeline/list.ts';
import { listVersions } from '#server/services/pipeline/list-versions.ts';
import { publishPipeline } from '#server/services/pipeline/publish.ts';
import { updateDraft } from '#server/services/pipeline/update-draft.ts';
import { validatePipeline } from '#server/services/pipeline/validate.ts';
import { startRun } from '#server/services/run/start.ts';
import { instantiateTemplate } from '#server/services/template/instantiate.ts';
import { listTemplates } from '#server/services/template/list.ts';
import type { Route } from '../http/router.ts';
import { fromBody, fromQuery, idempotencyKeyOf } from './input.ts';
import { pipelineBodySchema, toDocument } from './pipeline-body.ts';
import { presentPipeline, presentPipelineItem, presentRun, presentVersion } from './present.ts';

const executeSchema = z.strictObject({
  input_data: jsonSchema.optional(),
  parameters: jsonObjectSchema.optional(),
  notification: z.strictObject({ webhook: z.string().optional(), email: z.string().optional() }).optional(),
  metadata: jsonObjectSchema.optional(),
  version: z.int().optional(),
});

/** A graph's document, a text, or the plain form that pipelines are made from. */
function toJudge(body: Json): Parameters<typeof validatePipeline>[2] {
  if (isJsonObject(body) && ('document' in body || 'text' in body)) return fromBody(body);
  const { name, description: _description, tags: _tags, ...graph } = parseInput(pipelineBodySchema, body);
  return { document: toDocument({ name, ...graph }) };
}

export const pipelineRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/pipelines',
    async handle({ services, actor, query }) {
      const page = await listPipelines(services, actor, fromQuery(query));
      return {
        status: 200,
        body: { pipelines: page.items.map(presentPipelineItem), next_cursor: page.nextCursor },
      };
    },
  },
  {
    method: 'POST',
    path: '/api/v1/pipelines',
    async handle({ services, actor, body }) {
      const { name, description, tags, ...graph } = parseInput(pipelineBodySchema, body);
      const document = toDocument({ name, ...graph });
      // Whoever posts stages means to run them: the first version is published at once.
      const pipeline = await createPipeline(services, actor, {
        name,
        description,
        tags,
        document,
        publish: true,
      });
      return {
        status: 201,
        body: presentPipeline(pipeline),
        headers: { location: `/api/v1/pipelines/${pipeline.id}` },
      };
    },
  },
  {
    method: 'POST',
    path: '/api/v1/pipelines/import',
    async handle({ services, actor, body }) {
      const pipeline = await importPipeline(services, actor, fromBody(body));
      return {
        status: 201,
        body: presentPipeline(pipeline),
        headers: { location: `/api/v1/pipelines/${pipeline.id}` },
      };
    },
  },
  {
    method: 'POST',
    path: '/api/v1/pipelines/validate',
    async handle({ services, actor, body }) {
      return { status: 200, body: await validatePipeline(services, actor, toJudge(body)) };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/pipelines/{id}',
    async handle({ services, actor, params }) {
      return { status: 200, body: presentPipeline(await getPipeline(services, actor, fromBody(params))) };
    },
  },
  {
    method: 'PUT',
    path: '/api/v1/pipelines/{id}/draft',
    async handle({ services, actor, params, body }) {
      return { status: 200, body: await updateDraft(services, actor, fromBody(body, params)) };
    },
  },
  {
    method: 'POST',
    path: '/api/v1/pipelines/{id}/publish',
    async handle({ services, actor, params, body }) {
      const { version, isNew } = await publishPipeline(services, actor, fromBody(body, params));
      return { status: isNew ? 201 : 200, body: { version: presentVersion(version), is_new: isNew } };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/pipelines/{id}/versions',
    async handle({ services, actor, params, query }) {
      const versions = await listVersions(services, actor, fromQuery(query, params));
      return { status: 200, body: { versions: versions.map(presentVersion) } };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/pipelines/{id}/export',
    async handle({ services, actor, params, query }) {
      const { format, text } = await exportPipeline(services, actor, fromQuery(query, params));
      const contentType =
        format === 'yaml' ? 'application/yaml; charset=utf-8' : 'application/json; charset=utf-8';
      return { status: 200, text, contentType };
    },
  },
  {
    method: 'POST',
    path: '/api/v1/pipelines/{id}/execute',
    async handle({ services, actor, params, body, headers }) {
      const { input_data, ...request } = parseInput(executeSchema, body);
      const { run, isNew } = await startRun(
        services,
        actor,
        fromBody({
          ...request,
          input: input_data,
          pipelineId: params.id,
          idempotencyKey: idempotencyKeyOf(headers),
        }),
      );
      return {
        status: isNew ? 202 : 200,
        body: presentRun(run),
        headers: { location: `/api/v1/runs/${run.id}` },
      };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/templates',
    async handle({ services, actor }) {
      return { status: 200, body: { templates: await listTemplates(services, actor) } };
    },
  },
  {
    method: 'POST',
    path: '/api/v1/templates/{key}/instantiate',
    async handle({ services, actor, params, body }) {
      const pipeline = await instantiateTemplate(services, actor, fromBody(body, params));
      return {
        status: 201,
        body: presentPipeline(pipeline),
        headers: { location: `/api/v1/pipelines/${pipeline.id}` },
      };
    },
  },
];
