import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { getDraft } from '#server/services/pipeline/get-draft.ts';
import { publishPipeline } from '#server/services/pipeline/publish.ts';
import { updateDraft } from '#server/services/pipeline/update-draft.ts';
import { judgedDraftSchema, presentJudgedDraft, presentVersion, versionSchema } from '../wire/pipeline.ts';
import { graphProblemSchema, presentGraphProblem } from '../wire/problem.ts';
import { anyObject } from '../wire/values.ts';
import { EXAMPLE, EXAMPLE_DOCUMENT } from './examples.ts';
import { etagOf, idempotencyKey, ifMatch, revisionField, revisionOf } from './fields.ts';
import { operation, reply } from './operation.ts';

/** The editable state of a pipeline; its ETag is its revision. */
export const drafts = {
  getDraft: operation({
    method: 'GET',
    path: '/api/v1/pipelines/{id}/draft',
    summary: 'Get the draft of a pipeline',
    input: z.strictObject({ id: idSchema('pipe') }),
    output: judgedDraftSchema,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: EXAMPLE.pipeline },
    async handle({ services, actor }, input) {
      const draft = presentJudgedDraft(await getDraft(services, actor, input));
      return reply(draft, {
        headers: { etag: etagOf(draft.revision), 'cache-control': 'private, no-cache' },
      });
    },
  }),

  saveDraft: operation({
    method: 'PUT',
    path: '/api/v1/pipelines/{id}/draft',
    summary: 'Save the draft of a pipeline',
    description:
      'On the draft that was seen, named by `If-Match` or `revision`; if somebody has changed it since, the answer is 412. A draft may be wrong: its problems come back with it.',
    input: z.strictObject({
      id: idSchema('pipe'),
      if_match: ifMatch,
      revision: revisionField,
      document: anyObject,
      description: z.string().max(10_000).optional(),
    }),
    output: z.object({ revision: z.int(), problems: z.array(graphProblemSchema) }),
    errors: ['NOT_FOUND', 'CONFLICT', 'STALE_REVISION'],
    example: { id: EXAMPLE.pipeline, if_match: '"1"', document: EXAMPLE_DOCUMENT },
    async handle({ services, actor }, { if_match, revision: given, ...input }) {
      const seen = revisionOf({ if_match, revision: given });
      const { revision, problems } = await updateDraft(services, actor, { ...input, revision: seen });
      const output = { revision, problems: problems.map(presentGraphProblem) };
      return reply(output, { headers: { etag: etagOf(revision) } });
    },
  }),

  publish: operation({
    method: 'POST',
    path: '/api/v1/pipelines/{id}/publish',
    summary: 'Publish the draft as a version',
    input: z.strictObject({
      id: idSchema('pipe'),
      note: z.string().max(1000).optional(),
      revision: z.int().min(1).optional().describe('The revision of the draft that the publisher has seen.'),
      idempotency_key: idempotencyKey,
    }),
    output: z.object({
      version: versionSchema,
      is_new: z.boolean().describe('False: the draft is what the newest version says already.'),
    }),
    status: 201,
    errors: ['NOT_FOUND', 'CONFLICT', 'STALE_REVISION'],
    example: { id: EXAMPLE.changedPipeline, note: 'one more stage' },
    async handle({ services, actor }, { idempotency_key, ...input }) {
      const request = { ...input, idempotencyKey: idempotency_key };
      const { version, isNew } = await publishPipeline(services, actor, request);
      const output = { version: presentVersion(version), is_new: isNew };
      return reply(output, isNew ? {} : { status: 200 });
    },
  }),
};
