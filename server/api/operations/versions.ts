import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { diffVersions } from '#server/services/pipeline/diff.ts';
import { findVersion } from '#server/services/pipeline/find-version.ts';
import { getVersion } from '#server/services/pipeline/get-version.ts';
import { listVersions } from '#server/services/pipeline/list-versions.ts';
import { restoreVersion } from '#server/services/pipeline/restore.ts';
import {
  foundVersionSchema,
  graphDiffSchema,
  presentVersion,
  versionSchema,
  versionWithGraphSchema,
} from '../wire/pipeline.ts';
import { nextCursor } from '../wire/values.ts';
import { EXAMPLE } from './examples.ts';
import { etagOf, ifMatch, pageInput, revisionField, revisionOf } from './fields.ts';
import { operation, reply } from './operation.ts';

const versionNumber = z.int().min(1);

export const versions = {
  versions: operation({
    method: 'GET',
    path: '/api/v1/pipelines/{id}/versions',
    summary: 'List the versions of a pipeline',
    description: 'Newest first.',
    input: z.strictObject({ id: idSchema('pipe'), ...pageInput }),
    output: z.object({ versions: z.array(versionSchema), next_cursor: nextCursor }),
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.pipeline },
    async handle({ services, actor }, input) {
      const page = await listVersions(services, actor, input);
      return { versions: page.items.map(presentVersion), next_cursor: page.nextCursor };
    },
  }),

  getVersion: operation({
    method: 'GET',
    path: '/api/v1/pipelines/{id}/versions/{number}',
    summary: 'Get a version with its graph',
    description: 'It never changes, so it may be kept.',
    input: z.strictObject({ id: idSchema('pipe'), number: versionNumber }),
    output: versionWithGraphSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.pipeline, number: 1 },
    async handle({ services, actor }, input) {
      const version = await getVersion(services, actor, input);
      const headers = {
        etag: `"${version.contentHash}"`,
        'cache-control': 'private, max-age=31536000, immutable',
        vary: 'cookie, authorization',
      };
      return reply({ ...presentVersion(version), graph: version.graph }, { headers });
    },
  }),

  findVersion: operation({
    method: 'GET',
    path: '/api/v1/versions/{id}',
    summary: 'Find a version by its id',
    description:
      'Runs name their version by it. `pipeline_id` is null for a task that stood alone. Its graph is at `GET /api/v1/pipelines/{id}/versions/{number}`.',
    input: z.strictObject({ id: idSchema('ver') }),
    output: foundVersionSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.version },
    async handle({ services, actor }, input) {
      const version = await findVersion(services, actor, input);
      return { ...presentVersion(version), pipeline_id: version.pipelineId };
    },
  }),

  diff: operation({
    method: 'GET',
    path: '/api/v1/pipelines/{id}/diff',
    summary: 'Compare two versions, or a version with the draft',
    input: z.strictObject({
      id: idSchema('pipe'),
      from: versionNumber,
      to: versionNumber.optional().describe('Left out: the draft.'),
    }),
    output: graphDiffSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.changedPipeline, from: 1 },
    handle: ({ services, actor }, input) => diffVersions(services, actor, input),
  }),

  restoreVersion: operation({
    method: 'POST',
    path: '/api/v1/pipelines/{id}/versions/{number}/restore',
    summary: 'Make the draft what a version says',
    description: 'Nothing is published. The draft that is given up is named by `If-Match` or `revision`.',
    input: z.strictObject({
      id: idSchema('pipe'),
      number: versionNumber,
      if_match: ifMatch,
      revision: revisionField,
    }),
    output: z.object({ revision: z.int() }),
    errors: ['NOT_FOUND', 'CONFLICT', 'STALE_REVISION'],
    example: { id: EXAMPLE.changedPipeline, number: 1, revision: 2 },
    async handle({ services, actor }, { id, number, ...seen }) {
      const { revision } = await restoreVersion(services, actor, { id, number, revision: revisionOf(seen) });
      return reply({ revision }, { headers: { etag: etagOf(revision) } });
    },
  }),
};
