import { z } from 'zod';
import { isTimeZone } from '#server/domain/analytics/buckets.ts';
import { idSchema } from '#server/domain/ids.ts';
import { compareAgents } from '#server/services/analytics/agents.ts';
import { decideError, decideErrorSchema } from '#server/services/analytics/decide-error.ts';
import { ERROR_STATUSES, listErrors, readError } from '#server/services/analytics/errors.ts';
import { exportAnalytics, exportFields } from '#server/services/analytics/export.ts';
import { readHome } from '#server/services/analytics/home.ts';
import { bucketsField, readOverview } from '#server/services/analytics/overview.ts';
import { readStages } from '#server/services/analytics/stages.ts';
import {
  agentsSchema,
  errorSchema,
  errorsSchema,
  overviewSchema,
  presentAgents,
  presentError,
  presentErrors,
  presentOverview,
  presentStages,
  stagesSchema,
} from '../wire/analytics.ts';
import { homeSchema, presentHome } from '../wire/home.ts';
import { EXAMPLE } from './examples.ts';
import { limitField } from './fields.ts';
import { operation, rawOperation } from './operation.ts';
import { runFilterInput } from './run-filter.ts';

const moment = z.iso.datetime({ offset: true }).optional();

/** Runs that ended within the range and fit, and their tasks: what all figures are of. */
const scope = {
  from: moment.describe('Left out: a day before `to`.'),
  to: moment.describe('Left out: now.'),
  time_zone: z
    .string()
    .max(64)
    .refine(isTimeZone, 'is no time zone, such as Europe/Vienna')
    .optional()
    .describe('In whose days and hours the range is cut; UTC when left out.'),
  pipeline_id: runFilterInput.pipeline_id,
  version: runFilterInput.version,
  version_id: runFilterInput.version_id,
  agent_id: idSchema('agent').optional().describe('It has worked on a task; not together with `tag`.'),
  tag: runFilterInput.tag,
};
const scopeSchema = z.strictObject(scope);

const toScope = (input: z.output<typeof scopeSchema>) => ({
  ...{ from: input.from, to: input.to, timeZone: input.time_zone, tag: input.tag },
  ...{ pipelineId: input.pipeline_id, version: input.version, versionId: input.version_id },
  agentId: input.agent_id,
});

const errorId = decideErrorSchema.shape.id;

export const analytics = {
  home: operation({
    method: 'GET',
    path: '/api/v1/home',
    summary: 'What wants a look now',
    description:
      'Each number is that of a list, with the filter under which the list shows just what it counts.',
    input: z.strictObject({}),
    output: homeSchema,
    example: {},
    handle: async ({ services, actor }) => presentHome(await readHome(services, actor)),
  }),

  overview: operation({
    method: 'GET',
    path: '/api/v1/analytics',
    summary: 'How runs and their tasks went',
    description:
      'Of the runs that ended within the range: all together, piece by piece, and just before. Waiting and working are told apart.',
    input: z.strictObject({ ...scope, buckets: bucketsField.describe('Pieces of the series, at most.') }),
    output: overviewSchema,
    errors: ['NOT_FOUND'],
    example: { time_zone: 'Europe/Vienna', buckets: 24 },
    handle: async ({ services, actor }, { buckets, ...input }) =>
      presentOverview(await readOverview(services, actor, { ...toScope(input), buckets })),
  }),

  stages: operation({
    method: 'GET',
    path: '/api/v1/analytics/stages',
    summary: 'Which stages runs wait for longest',
    input: z.strictObject({ ...scope, limit: limitField(500, 100) }),
    output: stagesSchema,
    errors: ['NOT_FOUND'],
    example: { pipeline_id: EXAMPLE.pipeline },
    handle: async ({ services, actor }, { limit, ...input }) =>
      presentStages(await readStages(services, actor, { ...toScope(input), limit })),
  }),

  agents: operation({
    method: 'GET',
    path: '/api/v1/analytics/agents',
    summary: 'How agents compare',
    input: scopeSchema,
    output: agentsSchema,
    errors: ['NOT_FOUND'],
    example: { tag: 'nightly' },
    handle: async ({ services, actor }, input) =>
      presentAgents(await compareAgents(services, actor, toScope(input))),
  }),

  errors: operation({
    method: 'GET',
    path: '/api/v1/analytics/errors',
    summary: 'Of what kinds failures were',
    description: 'One group for failures that differ only in ids, numbers, times and quoted words.',
    input: z.strictObject({
      ...scope,
      status: z.array(z.enum(ERROR_STATUSES)).optional(),
      limit: limitField(500, 100),
    }),
    output: errorsSchema,
    errors: ['NOT_FOUND'],
    example: { status: ['open'] },
    handle: async ({ services, actor }, { status, limit, ...input }) =>
      presentErrors(await listErrors(services, actor, { ...toScope(input), status, limit })),
  }),

  error: operation({
    method: 'GET',
    path: '/api/v1/analytics/errors/{id}',
    summary: 'Get a kind of failure',
    input: z.strictObject({ ...scope, id: errorId }),
    output: errorSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.errorGroup },
    handle: async ({ services, actor }, { id, ...input }) =>
      presentError(await readError(services, actor, { ...toScope(input), id })),
  }),

  decide: operation({
    method: 'POST',
    path: '/api/v1/analytics/errors/{id}/decision',
    summary: 'Resolve, ignore or reopen a kind of failure',
    description: 'One that was resolved is open again when it comes up anew.',
    input: decideErrorSchema,
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.errorGroup, status: 'resolved', note: 'the table was renamed' },
    handle: ({ services, actor }, input) => decideError(services, actor, input).then(() => undefined),
  }),

  export: rawOperation({
    method: 'GET',
    path: '/api/v1/analytics/export',
    summary: 'Download figures',
    description: 'In CSV, text that a spreadsheet would take for a formula has an apostrophe in front.',
    input: z.strictObject({ ...scope, ...exportFields }),
    contentType: ['text/csv', 'application/json'],
    errors: ['NOT_FOUND'],
    example: { what: 'stages' },
    async answer({ services, actor }, { what, format, ...input }) {
      const { name, text } = await exportAnalytics(services, actor, { ...toScope(input), what, format });
      return {
        async stream(response) {
          response.writeHead(200, {
            'content-type': `${format === 'csv' ? 'text/csv' : 'application/json'}; charset=utf-8`,
            'content-disposition': `attachment; filename="${name}"`,
            'cache-control': 'no-store',
          });
          response.end(text);
        },
      };
    },
  }),
};
