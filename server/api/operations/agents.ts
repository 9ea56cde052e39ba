import { z } from 'zod';
import { agentCapabilitySchema, agentRegistrationSchema } from '#server/domain/agent-registration.ts';
import { idSchema } from '#server/domain/ids.ts';
import { getAgent } from '#server/services/agent/get.ts';
import { listAgents } from '#server/services/agent/list.ts';
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
import {
  agentSchema,
  answersSchema,
  beatAnswerSchema,
  claimedSchema,
  presentAgent,
  presentAnswers,
  presentBeatAnswer,
  registeredSchema,
} from '../wire/agent.ts';
import { EXAMPLE } from './examples.ts';
import { created, operation } from './operation.ts';

export const agents = {
  list: operation({
    method: 'GET',
    path: '/api/v1/agents',
    summary: 'List agents',
    input: z.strictObject({}),
    output: z.object({ agents: z.array(agentSchema) }),
    example: {},
    async handle({ services, actor }) {
      return { agents: (await listAgents(services, actor)).map(presentAgent) };
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
    summary: 'Send a sign of life',
    input: heartbeatSchema,
    output: beatAnswerSchema,
    errors: ['NOT_FOUND'],
    example: { id: EXAMPLE.agent, generation: 1, beat: { in_flight: 0 } },
    handle: async ({ services, actor }, input) =>
      presentBeatAnswer(await sendHeartbeat(services, actor, input)),
  }),

  report: operation({
    method: 'POST',
    path: '/api/v1/agents/{id}/reports',
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
