import { getAgent } from '#server/services/agent/get.ts';
import { listAgents } from '#server/services/agent/list.ts';
import { orderAgent } from '#server/services/agent/order.ts';
import { registerAgent } from '#server/services/agent/register.ts';
import { claimTasks, sendHeartbeat, sendReports } from '#server/services/agent/visit.ts';
import { discardDeadLetter, listDeadLetters, replayDeadLetter } from '#server/services/queue/dead-letters.ts';
import { listQueues } from '#server/services/queue/list.ts';
import type { Route } from '../http/router.ts';
import { fromBody, fromQuery } from './input.ts';
import { presentAgent, presentAnswer, presentDeadLetter } from './present.ts';

export const agentRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/agents',
    async handle({ services, actor }) {
      return { status: 200, body: { agents: (await listAgents(services, actor)).map(presentAgent) } };
    },
  },
  {
    method: 'POST',
    path: '/api/v1/agents/register',
    async handle({ services, actor, body }) {
      const { id, generation, isNew } = await registerAgent(services, actor, body);
      return {
        status: isNew ? 201 : 200,
        body: { id, agent_id: id, generation },
        headers: { location: `/api/v1/agents/${id}` },
      };
    },
  },
  {
    method: 'POST',
    path: '/api/v1/agents/{id}/orders',
    async handle({ services, actor, params, body }) {
      return { status: 200, body: presentAgent(await orderAgent(services, actor, fromBody(body, params))) };
    },
  },
  {
    method: 'POST',
    path: '/api/v1/agents/{id}/claim',
    async handle({ services, actor, params, body, signal }) {
      return {
        status: 200,
        body: await claimTasks(services, actor, { input: fromBody(body, params), signal }),
      };
    },
  },
  {
    method: 'POST',
    path: '/api/v1/agents/{id}/heartbeat',
    async handle({ services, actor, params, body }) {
      const { orders, answers } = await sendHeartbeat(services, actor, fromBody(body, params));
      return { status: 200, body: { ...orders, answers: answers.map(presentAnswer) } };
    },
  },
  {
    method: 'POST',
    path: '/api/v1/agents/{id}/reports',
    async handle({ services, actor, params, body }) {
      const answers = await sendReports(services, actor, fromBody(body, params));
      return { status: 200, body: { answers: answers.map(presentAnswer) } };
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
      const { runId } = await replayDeadLetter(services, actor, fromBody(params));
      if (runId === null) return { status: 204, body: undefined };
      return { status: 201, body: { run_id: runId }, headers: { location: `/api/v1/runs/${runId}` } };
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
