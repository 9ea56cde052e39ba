import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '#server/services/context.ts';
import { cancelRun } from '#server/services/run/cancel.ts';
import { listRunEvents } from '#server/services/run/events.ts';
import { getRun } from '#server/services/run/get.ts';
import { killRun } from '#server/services/run/kill.ts';
import { countListedRuns, listRuns } from '#server/services/run/list.ts';
import { pauseRun } from '#server/services/run/pause.ts';
import { readRunObject } from '#server/services/run/read-object.ts';
import { replayRun } from '#server/services/run/replay.ts';
import { resumeRun } from '#server/services/run/resume.ts';
import { RUN_SORTS } from '#server/services/run/run-conditions.ts';
import type { RunView } from '#server/services/run/run-view.ts';
import {
  eventPageSchema,
  presentEvents,
  presentRun,
  presentSummary,
  runSchema,
  runSummarySchema,
} from '../wire/run.ts';
import { anyJson, anyObject, nextCursor } from '../wire/values.ts';
import { streamEvents } from './event-stream.ts';
import { EXAMPLE } from './examples.ts';
import { idempotencyKey, limitField, pageInput } from './fields.ts';
import { sendObject } from './object-body.ts';
import { created, operation, rawOperation } from './operation.ts';
import { runDetails } from './run-details.ts';
import { runFilterInput, toRunFilter } from './run-filter.ts';

const oneRun = z.strictObject({ id: idSchema('run') });

/** The verbs that steer a run take its id and answer with the run as it then is. */
const steering = (about: {
  word: string;
  summary: string;
  description?: string;
  example: string;
  steer(services: Services, actor: Actor, input: z.output<typeof oneRun>): Promise<RunView>;
}) =>
  operation({
    method: 'POST',
    path: `/api/v1/runs/{id}/${about.word}`,
    summary: about.summary,
    ...(about.description === undefined ? {} : { description: about.description }),
    input: oneRun,
    output: runSchema,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: about.example },
    handle: async ({ services, actor }, input) => presentRun(await about.steer(services, actor, input)),
  });

const ofRuns = {
  list: operation({
    method: 'GET',
    path: '/api/v1/runs',
    summary: 'List runs',
    description:
      'Newest first, unless asked otherwise. Sorted by end or duration: only runs that have ended. A page may be short, or empty, though there is a `next_cursor`: of what hardly any run is, one request looks at some 20,000.',
    input: z.strictObject({
      ...pageInput,
      ...runFilterInput,
      sort: z.enum(RUN_SORTS).optional(),
      order: z.enum(['desc', 'asc']).optional(),
    }),
    output: z.object({ runs: z.array(runSummarySchema), next_cursor: nextCursor }),
    example: { limit: 10, status: ['succeeded', 'failed'], sort: 'duration' },
    async handle({ services, actor }, { limit, cursor, sort, order, ...filter }) {
      const page = await listRuns(services, actor, { limit, cursor, sort, order, ...toRunFilter(filter) });
      return { runs: page.items.map(presentSummary), next_cursor: page.nextCursor };
    },
  }),

  count: operation({
    method: 'GET',
    path: '/api/v1/runs/count',
    summary: 'Count runs',
    description: 'As many as the list would show under this filter.',
    input: z.strictObject(runFilterInput),
    output: z.object({
      count: z.int().describe('At most 10000.'),
      is_more: z
        .boolean()
        .describe(
          'There are more, or there may be: of what hardly any run is, one request looks at some 20,000.',
        ),
    }),
    example: { status: ['failed'] },
    async handle({ services, actor }, filter) {
      const { count, isMore } = await countListedRuns(services, actor, toRunFilter(filter));
      return { count, is_more: isMore };
    },
  }),

  get: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}',
    summary: 'Get a run with its stages',
    input: z.strictObject({
      id: idSchema('run'),
      brief: z.boolean().optional().describe('Without what went in and came out, which may be large.'),
    }),
    output: runSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.run },
    isTagged: true,
    handle: async ({ services, actor }, input) => presentRun(await getRun(services, actor, input)),
  }),

  events: operation({
    method: 'GET',
    path: '/api/v1/runs/{id}/events',
    summary: 'Read or follow the events of a run',
    input: z.strictObject({
      id: idSchema('run'),
      after: z.int().min(0).default(0).describe('The last number seen; 0 reads from the start.'),
      limit: limitField(1000, 200),
      follow: z.boolean().optional().describe('As a stream that ends with the run.'),
      last_event_id: z.coerce.number<string>().int().min(0).optional(),
    }),
    output: eventPageSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.run },
    stream: {
      contentType: 'text/event-stream',
      description:
        'With `follow=1`: server-sent events, each with its number as id. Send `Last-Event-ID` to go on after a cut. `event: end` is the last one.',
      isAskedFor: ({ follow }) => follow === true,
      answer: (call, { id, after, last_event_id }) =>
        streamEvents(call, { id, after: last_event_id ?? after }),
    },
    handle: async ({ services, actor }, { id, after, limit }) =>
      presentEvents(await listRunEvents(services, actor, { id, after, limit })),
  }),

  object: rawOperation({
    method: 'GET',
    path: '/api/v1/runs/{id}/objects/{hash}',
    summary: 'Download an object that a run refers to',
    description: 'Large inputs and outputs, and files of agents, stand in a run as `{"$object": hash, …}`.',
    input: z.strictObject({ id: idSchema('run'), hash: z.string().regex(/^[0-9a-f]{64}$/) }),
    contentType: 'application/octet-stream',
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.run, hash: EXAMPLE.object },
    answer: async (call, input) => sendObject(call, await readRunObject(call.services, call.actor, input)),
  }),

  replay: operation({
    method: 'POST',
    path: '/api/v1/runs/{id}/replay',
    summary: 'Replay a run',
    description: 'A new run, linked to the old one, that reuses what came before the stage it begins with.',
    input: z.strictObject({
      id: idSchema('run'),
      from: z
        .string()
        .min(1)
        .max(63)
        .optional()
        .describe('Key of the stage to begin with; left out: all of it.'),
      from_failure: z
        .boolean()
        .optional()
        .describe('Begins where the run broke: with all that failed or never ran.'),
      only: z
        .string()
        .min(1)
        .max(63)
        .optional()
        .describe('Key of the one stage to run, on what the stages before it gave; all others are left out.'),
      version: z
        .enum(['original', 'newest'])
        .optional()
        .describe(
          'Left out: that of the run. In the newest, outputs are reused only of stages that do the same on the same as before.',
        ),
      input_data: anyJson.optional().describe('Left out: what the run was given.'),
      parameters: anyObject.optional(),
      idempotency_key: idempotencyKey,
    }),
    output: runSchema,
    status: 202,
    errors: ['NOT_FOUND', 'CONFLICT', 'TOO_LARGE'],
    example: { id: EXAMPLE.run, version: 'newest' },
    async handle({ services, actor }, { input_data, from_failure, idempotency_key, ...rest }) {
      const { run, isNew } = await replayRun(services, actor, {
        ...rest,
        fromFailure: from_failure,
        input: input_data,
        idempotencyKey: idempotency_key,
      });
      return created(presentRun(run), `/api/v1/runs/${run.id}`, isNew);
    },
  }),

  pause: steering({
    word: 'pause',
    summary: 'Pause a run',
    description: 'What runs goes on to its end; nothing new starts.',
    example: EXAMPLE.openRun,
    steer: pauseRun,
  }),
  resume: steering({
    word: 'resume',
    summary: 'Resume a run',
    example: EXAMPLE.pausedRun,
    steer: resumeRun,
  }),
  kill: steering({
    word: 'kill',
    summary: 'End a run at once',
    description: 'Agents hear of it afterwards.',
    example: EXAMPLE.openRun,
    steer: killRun,
  }),

  cancel: operation({
    method: 'POST',
    path: '/api/v1/runs/{id}/cancel',
    summary: 'Cancel a run',
    description: 'Agents are asked to stop, and cut off after the grace period.',
    input: z.strictObject({
      id: idSchema('run'),
      grace_seconds: z.number().min(0).max(3600).optional(),
    }),
    output: runSchema,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: EXAMPLE.openRun, grace_seconds: 10 },
    handle: async ({ services, actor }, { id, grace_seconds }) =>
      presentRun(await cancelRun(services, actor, { id, graceSeconds: grace_seconds })),
  }),
};

export const runs = { ...ofRuns, ...runDetails };
