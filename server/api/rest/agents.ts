import { getAgent } from '#server/services/agent/get.ts';
import { listAgents } from '#server/services/agent/list.ts';
import { discardDeadLetter, listDeadLetters, replayDeadLetter } from '#server/services/queue/dead-letters.ts';
import { listQueues } from '#server/services/queue/list.ts';
import type { Route } from '../http/router.ts';
import { fromBody, fromQuery } from './input.ts';
import { presentAgent, presentDeadLetter } from './present.ts';

export const agentRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/agents',
    async handle({ services, actor }) {
      return { status: 200, body: { agents: (await listAgents(services, actor)).map(presentAgent) } };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/agents/{id}',
    async handle({ services, actor, params }) {
      return { status: 200, body: presentAgent(await getAgent(services, actor, fromBody(params))) };
    },
  },
];

export const queueRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/queues',
    async handle({ services, actor }) {
      const queues = (await listQueues(services, actor)).map(({ oldestAgeMs, ...queue }) => ({
        ...queue,
        oldest_age_ms: oldestAgeMs,
      }));
      return { status: 200, body: { queues } };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/dead-letters',
    async handle({ services, actor, query }) {
      const letters = await listDeadLetters(services, actor, fromQuery(query));
      return { status: 200, body: { dead_letters: letters.map(presentDeadLetter) } };
    },
  },
  {
    method: 'POST',
    path: '/api/v1/dead-letters/{id}/replay',
    async handle({ services, actor, params }) {
      await replayDeadLetter(services, actor, fromBody(params));
      return { status: 204, body: undefined };
    },
  },
  {
    method: 'POST',
    path: '/api/v1/dead-letters/{id}/discard',
    async handle({ services, actor, params, body }) {
      await discardDeadLetter(services, actor, fromBody(body, params));
      return { status: 204, body: undefined };
    },
  },
];
