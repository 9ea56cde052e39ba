import { isJsonObject } from '#server/domain/json.ts';
import { cancelRun } from '#server/services/run/cancel.ts';
import { listRunEvents } from '#server/services/run/events.ts';
import { getRun } from '#server/services/run/get.ts';
import { killRun } from '#server/services/run/kill.ts';
import { listRuns } from '#server/services/run/list.ts';
import { pauseRun } from '#server/services/run/pause.ts';
import { readRunObject } from '#server/services/run/read-object.ts';
import { replayRun } from '#server/services/run/replay.ts';
import { resumeRun } from '#server/services/run/resume.ts';
import type { RunView } from '#server/services/run/run-view.ts';
import type { Call, Route } from '../http/router.ts';
import { streamEvents } from './event-stream.ts';
import { fromBody, fromQuery, idempotencyKeyOf } from './input.ts';
import { sendObject } from './object-body.ts';
import { presentRun, presentSummary } from './present.ts';

/** The verbs that steer a run take its id and answer with the run as it then is. */
function steering(word: string, steer: (call: Call) => Promise<RunView>): Route {
  return {
    method: 'POST',
    path: `/api/v1/runs/{id}/${word}`,
    handle: async (call) => ({ status: 200, body: presentRun(await steer(call)) }),
  };
}

export const runRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/runs',
    async handle({ services, actor, query }) {
      const { pipeline_id, status, ...rest } = Object.fromEntries(query);
      const page = await listRuns(
        services,
        actor,
        fromBody({ ...rest, pipelineId: pipeline_id, status: status?.split(',') }),
      );
      return { status: 200, body: { runs: page.items.map(presentSummary), next_cursor: page.nextCursor } };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/runs/{id}',
    async handle({ services, actor, params }) {
      return { status: 200, body: presentRun(await getRun(services, actor, fromBody(params))) };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/runs/{id}/events',
    async handle(call) {
      const { services, actor, params, query } = call;
      if (query.get('follow') === '1') return streamEvents(call);
      const page = await listRunEvents(services, actor, fromQuery(query, params));
      return {
        status: 200,
        body: { status: page.status, last_seq: page.lastSeq, events: page.events },
      };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/runs/{id}/objects/{hash}',
    async handle({ services, actor, params }) {
      return sendObject(await readRunObject(services, actor, fromBody(params)));
    },
  },
  {
    method: 'POST',
    path: '/api/v1/runs/{id}/replay',
    async handle({ services, actor, params, body, headers }) {
      const { input_data, ...fields } = isJsonObject(body) ? body : {};
      const { run, isNew } = await replayRun(
        services,
        actor,
        fromBody({ ...fields, input: input_data, idempotencyKey: idempotencyKeyOf(headers) }, params),
      );
      return {
        status: isNew ? 202 : 200,
        body: presentRun(run),
        headers: { location: `/api/v1/runs/${run.id}` },
      };
    },
  },
  steering('pause', ({ services, actor, params }) => pauseRun(services, actor, fromBody(params))),
  steering('resume', ({ services, actor, params }) => resumeRun(services, actor, fromBody(params))),
  steering('kill', ({ services, actor, params }) => killRun(services, actor, fromBody(params))),
  steering('cancel', ({ services, actor, params, body }) => {
    const { grace_seconds } = isJsonObject(body) ? body : {};
    return cancelRun(services, actor, fromBody({ graceSeconds: grace_seconds }, params));
  }),
];
