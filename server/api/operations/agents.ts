import { z } from 'zod';
import { agentCapabilitySchema, agentRegistrationSchema } from '#server/domain/agent-registration.ts';
import { idSchema, taskIdSchema } from '#server/domain/ids.ts';
import { TRANSPORTS } from '#server/domain/routing.ts';
import { readAgentActivity } from '#server/services/agent/activity.ts';
import { listCapabilities } from '#server/services/agent/capabilities.ts';
import { listCoverage } from '#server/services/agent/coverage.ts';
import { getAgent } from '#server/services/agent/get.ts';
import { readAgentHistory } from '#server/services/agent/history.ts';
import { AGENT_SORTS, listAgents } from '#server/services/agent/list.ts';
import { readTaskObject, uploadTaskObject } from '#server/services/agent/objects.ts';
import { orderAgent, orderSchema } from '#server/services/agent/order.ts';
import { registerAgent } from '#server/services/agent/register.ts';
import {
  claimSchema,
  claimTasks,
  heartbeatSchema,
  reportsSchema,
  sendHeartbeat,
  sendReports,
} from '#server/services/agent/visit.ts';
import { readAgentWork } from '#server/services/agent/work.ts';
import { readStream } from '../http/body.ts';
import {
  activitySchema,
  agentFilterWord,
  agentHistorySchema,
  agentSchema,
  agentWorkSchema,
  answersSchema,
  beatAnswerSchema,
  capabilitySchema,
  claimedSchema,
  conditionsOf,
  coverageSchema,
  presentActivity,
  presentAgent,
  presentAgentHistory,
  presentAnswers,
  presentBeatAnswer,
  presentCapability,
  presentCoverage,
  presentWorkItem,
  registeredSchema,
} from '../wire/agent.ts';
import { isoTime, nextCursor, time } from '../wire/values.ts';
import { EXAMPLE } from './examples.ts';
import { orderInput, wholePageInput } from './fields.ts';
import { sendObject } from './object-body.ts';
import { created, operation, rawOperation } from './operation.ts';

/** The hand-out under which the agent holds the task. */
const inHand = { id: idSchema('agent'), task_id: taskIdSchema, epoch: z.int().min(1) };

export const agents = {
  list: operation({
    method: 'GET',
    path: '/api/v1/agents',
    summary: 'List agents',
    input: z.strictObject({
      ...wholePageInput,
      status: z.array(agentFilterWord).optional(),
      capability: z.string().max(128).optional(),
      label: z.string().max(128).optional(),
      transport: z.enum(TRANSPORTS).optional(),
      type: z.string().max(128).optional(),
      search: z.string().max(128).optional().describe('Part of its name.'),
      sort: z.enum(AGENT_SORTS).optional().describe('Left out: `name`.'),
      order: orderInput,
    }),
    output: z.object({
      agents: z.array(agentSchema),
      now: time.describe('By the clock that heartbeats are told in.'),
      next_cursor: nextCursor,
    }),
    example: { status: ['active'], sort: 'load', order: 'desc', limit: 20 },
    async handle({ services, actor }, { status, ...filter }) {
      const input = { ...filter, ...(status ? { states: conditionsOf(status) } : {}) };
      const page = await listAgents(services, actor, input);
      const now = isoTime(new Date(services.now()));
      return { agents: page.items.map(presentAgent), now, next_cursor: page.nextCursor };
    },
  }),

  capabilities: operation({
    method: 'GET',
    path: '/api/v1/capabilities',
    summary: 'List what agents offer',
    description: 'All that a stage can ask for, with what its `config` may say where that is known.',
    input: z.strictObject({}),
    output: z.object({ capabilities: z.array(capabilitySchema) }),
    example: {},
    async handle({ services, actor }) {
      return { capabilities: (await listCapabilities(services, actor)).map(presentCapability) };
    },
  }),

  activity: operation({
    method: 'GET',
    path: '/api/v1/agents/activity',
    summary: 'See what agents have ended in the last hour, minute by minute',
    input: z.strictObject({}),
    output: activitySchema,
    example: {},
    async handle({ services, actor }) {
      const { since, agents } = await readAgentActivity(services, actor);
      return { since: isoTime(since), agents: agents.map(presentActivity) };
    },
  }),

  coverage: operation({
    method: 'GET',
    path: '/api/v1/agents/coverage',
    summary: 'See which capabilities pipelines need and who offers them',
    description: 'Where `pipeline_count` is above 0 and `serving` is 0, a run would wait for an agent.',
    input: z.strictObject({}),
    output: z.object({ capabilities: z.array(coverageSchema) }),
    example: {},
    async handle({ services, actor }) {
      return { capabilities: (await listCoverage(services, actor)).map(presentCoverage) };
    },
  }),

  history: operation({
    method: 'GET',
    path: '/api/v1/agents/{id}/history',
    summary: 'See when an agent was there',
    input: z.strictObject({ id: idSchema('agent'), hours: z.int().min(1).max(168).optional() }),
    output: agentHistorySchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.agent, hours: 24 },
    handle: async ({ services, actor }, input) =>
      presentAgentHistory(await readAgentHistory(services, actor, input)),
  }),

  work: operation({
    method: 'GET',
    path: '/api/v1/agents/{id}/work',
    summary: 'See what an agent works on, and what it did last',
    input: z.strictObject({ id: idSchema('agent') }),
    output: agentWorkSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.holder },
    async handle({ services, actor }, input) {
      const { current, hasMore, recent } = await readAgentWork(services, actor, input);
      return {
        current: current.map(presentWorkItem),
        more_current: hasMore,
        recent: recent.map(presentWorkItem),
      };
    },
  }),

  get: operation({
    method: 'GET',
    path: '/api/v1/agents/{id}',
    summary: 'Get an agent',
    input: z.strictObject({ id: idSchema('agent') }),
    output: agentSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.agent },
    handle: async ({ services, actor }, input) => presentAgent(await getAgent(services, actor, input)),
  }),

  register: operation({
    method: 'POST',
    path: '/api/v1/agents/register',
    summary: 'Register an agent',
    description:
      'Again with the same name and instance it is the same agent, one generation later (200 instead of 201). An agent that names endpoints is pushed to; others claim their work.',
    input: z.strictObject({
      ...agentRegistrationSchema.shape,
      transport: z.enum(['push', 'pull']).optional(),
      /** A capability may be just its name. */
      capabilities: z
        .array(z.union([agentCapabilitySchema.shape.name, agentCapabilitySchema]))
        .min(1)
        .max(256),
    }),
    output: registeredSchema,
    status: 201,
    example: {
      name: 'agent-name',
      type: 'worker',
      capabilities: ['task-execution', 'data-processing'],
      resources: { cpu: 4, memory: '8GB', gpu: true },
    },
    async handle({ services, actor }, input) {
      const { id, generation, isNew } = await registerAgent(services, actor, input);
      return created({ id, agent_id: id, generation }, `/api/v1/agents/${id}`, isNew);
    },
  }),

  order: operation({
    method: 'POST',
    path: '/api/v1/agents/{id}/orders',
    summary: 'Drain, pause, quarantine or resume an agent',
    input: orderSchema,
    output: agentSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.agent, order: 'drain', reason: 'its disk is replaced' },
    handle: async ({ services, actor }, input) => presentAgent(await orderAgent(services, actor, input)),
  }),

  claim: operation({
    method: 'POST',
    path: '/api/v1/agents/{id}/claim',
    rate: 'agents',
    summary: 'Claim tasks',
    description:
      'Waits until there is work or the time is over. What it answers with is leased to the agent.',
    input: claimSchema,
    output: claimedSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.agent, generation: 1, max: 5, wait_ms: 0 },
    handle: ({ services, actor, signal }, input) => claimTasks(services, actor, { input, signal }),
  }),

  heartbeat: operation({
    method: 'POST',
    path: '/api/v1/agents/{id}/heartbeat',
    rate: 'agents',
    summary: 'Send a sign of life',
    input: heartbeatSchema,
    output: beatAnswerSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.agent, generation: 1, beat: { in_flight: 0 } },
    handle: async ({ services, actor }, input) =>
      presentBeatAnswer(await sendHeartbeat(services, actor, input)),
  }),

  object: rawOperation({
    method: 'GET',
    path: '/api/v1/agents/{id}/tasks/{task_id}/objects/{hash}',
    rate: 'agents',
    summary: 'Download an object of the run of a task in hand',
    description: 'For whoever holds the task under this hand-out.',
    input: z.strictObject({ ...inHand, hash: z.string().regex(/^[0-9a-f]{64}$/) }),
    contentType: 'application/octet-stream',
    errors: ['NOT_FOUND', 'STALE_EPOCH'],
    example: { id: EXAMPLE.holder, task_id: EXAMPLE.heldTask, epoch: 1, hash: EXAMPLE.heldObject },
    answer: async (call, { task_id, ...rest }) =>
      sendObject(call, await readTaskObject(call.services, call.actor, { ...rest, taskId: task_id })),
  }),

  upload: rawOperation({
    method: 'POST',
    path: '/api/v1/agents/{id}/tasks/{task_id}/objects',
    rate: 'agents',
    summary: 'Upload a file for the run of a task in hand',
    description:
      'The body is the file, of any type and up to `SIGNALBOX_PAYLOAD_MAX`. Put the reference that is answered into the output.',
    input: z.strictObject({ ...inHand, name: z.string().min(1).max(255).optional() }),
    contentType: 'application/json',
    uploads: ['application/octet-stream', 'application/json', 'text/csv'],
    errors: ['NOT_FOUND', 'STALE_EPOCH', 'TOO_LARGE'],
    example: { id: EXAMPLE.holder, task_id: EXAMPLE.heldTask, epoch: 1, name: 'a.csv' },
    async answer({ services, actor, request }, { task_id, ...rest }) {
      const content = readStream(request, services.limits.payloadMaxBytes);
      const contentType = request.headers['content-type'];
      const input = { ...rest, taskId: task_id, ...(contentType === undefined ? {} : { contentType }) };
      return { status: 200, body: await uploadTaskObject(services, actor, { input, content }) };
    },
  }),

  report: operation({
    method: 'POST',
    path: '/api/v1/agents/{id}/reports',
    rate: 'agents',
    summary: 'Report on tasks',
    description: 'Progress, logs, results and what is given back: one answer for each report, in order.',
    input: reportsSchema,
    output: answersSchema,
    errors: ['NOT_FOUND'],
    example: {
      id: EXAMPLE.agent,
      generation: 1,
      reports: [{ type: 'log', task_id: EXAMPLE.task, epoch: 1, line: 0, message: 'Task started' }],
    },
    handle: async ({ services, actor }, input) => presentAnswers(await sendReports(services, actor, input)),
  }),
};
