import { z } from 'zod';
import type { AgentCondition } from '#server/domain/agent-condition.ts';
import { idSchema, taskIdSchema } from '#server/domain/ids.ts';
import { AGENT_ORDERS, assignmentMessageSchema } from '#server/domain/messages.ts';
import type { AgentOrders, ReportAnswer } from '#server/domain/reports.ts';
import { AGENT_STATES, type AgentState, TRANSPORTS } from '#server/domain/routing.ts';
import type { AgentActivity } from '#server/services/agent/activity.ts';
import type { CapabilityView } from '#server/services/agent/capabilities.ts';
import type { Coverage } from '#server/services/agent/coverage.ts';
import type { AgentHistory } from '#server/services/agent/history.ts';
import type { AgentListItem } from '#server/services/agent/list.ts';
import type { WorkItem } from '#server/services/agent/work.ts';
import { taskErrorSchema } from './task.ts';
import { anyObject, isoTime, isoTimeOrNull, time } from './values.ts';

/** The API's words for how an agent does. */
export const AGENT_WORDS = ['active', 'draining', 'paused', 'stale', 'offline', 'quarantined'] as const;
type AgentWord = (typeof AGENT_WORDS)[number];

export const AGENT_WORD: Record<AgentState, AgentWord> = {
  online: 'active',
  busy: 'active',
  draining: 'draining',
  paused: 'paused',
  stale: 'stale',
  offline: 'offline',
  quarantined: 'quarantined',
};

/** By which agents are looked for: those that fail are active, and still wanted by a word of their own. */
export const AGENT_FILTER_WORDS = [...AGENT_WORDS, 'failing'] as const;
type AgentFilterWord = (typeof AGENT_FILTER_WORDS)[number];

export const filterWordOf = (condition: AgentCondition): AgentFilterWord =>
  condition === 'failing' ? condition : AGENT_WORD[condition];

/** The conditions behind words. */
export const conditionsOf = (words: readonly AgentFilterWord[]): AgentCondition[] => [
  ...AGENT_STATES.filter((state) => words.includes(AGENT_WORD[state])),
  ...(words.includes('failing') ? (['failing'] as const) : []),
];

export const agentFilterWord = z
  .enum(AGENT_FILTER_WORDS)
  .describe(
    '`failing`: it is given work, and of five or more attempts that ended in the last hour at least half failed or were lost.',
  );

export const agentSchema = z
  .object({
    id: idSchema('agent'),
    name: z.string(),
    type: z.string(),
    status: z.enum(AGENT_WORDS),
    state: z.enum(AGENT_STATES).describe('The same, with those that have no room told apart.'),
    since: time.describe('Since when it is in this state.'),
    capabilities: z.array(z.string()),
    last_heartbeat: time.nullable(),
    current_load: z.number().describe('Share of its room that is taken, 0 to 1.'),
    in_flight: z.int().describe('Tasks that it has in hand.'),
    instance: z.string(),
    transport: z.enum(TRANSPORTS),
    version: z.string(),
    labels: z.array(z.string()),
    resources: anyObject.nullable(),
    max_concurrency: z.int(),
    reason: z.string().nullable().describe('Why people ordered it to drain, pause or stay away.'),
    ordered_at: time.nullable(),
    registered_at: time,
  })
  .meta({ id: 'Agent' });

export function presentAgent(agent: AgentListItem): z.input<typeof agentSchema> {
  return {
    id: agent.id,
    name: agent.name,
    type: agent.type,
    status: AGENT_WORD[agent.state],
    state: agent.state,
    since: isoTime(agent.since),
    capabilities: agent.capabilities,
    last_heartbeat: isoTimeOrNull(agent.lastHeartbeatAt),
    current_load: agent.currentLoad,
    in_flight: agent.inFlight,
    instance: agent.instance,
    transport: agent.transport,
    version: agent.version,
    labels: agent.labels,
    resources: agent.resources,
    max_concurrency: agent.maxConcurrency,
    reason: agent.orderedReason,
    ordered_at: isoTimeOrNull(agent.orderedAt),
    registered_at: isoTime(agent.registeredAt),
  };
}

export const registeredSchema = z.object({
  id: idSchema('agent'),
  agent_id: idSchema('agent'),
  generation: z
    .int()
    .describe('Send it with every call: of two that claim one name the older is told to stop.'),
});

const ordersFields = {
  order: z.enum(AGENT_ORDERS),
  generation: z.int(),
  max: z.int().optional().describe('No more than so many tasks at once.'),
  reason: z.string().optional(),
};

export const claimedSchema = z.object({
  tasks: z.array(
    z.object({
      ...assignmentMessageSchema.shape,
      lease_until: z.number().nullable().describe('Milliseconds since 1970.'),
    }),
  ),
  orders: z.object(ordersFields),
});

const answerSchema = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('ok'), lease_until: z.number().optional() }),
    z.object({ status: z.literal('stop'), reason: z.string() }),
    z.object({ status: z.literal('stale'), epoch: z.int().nullable(), reason: z.string() }),
    z.object({ status: z.literal('unknown'), reason: z.string() }),
  ])
  .meta({ id: 'ReportAnswer' });

export const answersSchema = z.object({ answers: z.array(answerSchema) });
export const beatAnswerSchema = z.object({ ...ordersFields, answers: z.array(answerSchema) });

function presentAnswer(answer: ReportAnswer): z.input<typeof answerSchema> {
  if (answer.status === 'stale') return { status: 'stale', epoch: answer.epoch, reason: answer.reason };
  if (answer.status !== 'ok') return answer;
  return answer.leaseUntil === undefined
    ? { status: answer.status }
    : { status: answer.status, lease_until: answer.leaseUntil };
}

export const presentAnswers = (answers: readonly ReportAnswer[]): z.input<typeof answersSchema> => ({
  answers: answers.map(presentAnswer),
});

export function presentBeatAnswer(heard: {
  orders: AgentOrders;
  answers: ReportAnswer[];
}): z.input<typeof beatAnswerSchema> {
  return { ...heard.orders, ...presentAnswers(heard.answers) };
}

const workItemSchema = z
  .object({
    task_id: taskIdSchema,
    run_id: idSchema('run'),
    stage: z.int(),
    key: z.string().nullable(),
    epoch: z.int(),
    attempt: z.int(),
    state: z.string(),
    started_at: time.nullable(),
    finished_at: time.nullable(),
    error: taskErrorSchema.nullable(),
  })
  .meta({ id: 'WorkItem' });

export const agentWorkSchema = z.object({
  current: z.array(workItemSchema).describe('What it has in hand, at most 200.'),
  more_current: z.boolean().describe('It has more in hand than those.'),
  recent: z.array(workItemSchema).describe('What it ended last, newest first: the last 50.'),
});

export const presentWorkItem = (item: WorkItem): z.input<typeof workItemSchema> => ({
  ...{ task_id: item.taskId, run_id: item.runId, stage: item.stage, key: item.stageKey },
  ...{ epoch: item.epoch, attempt: item.attempt, state: item.state },
  started_at: isoTimeOrNull(item.startedAt),
  finished_at: isoTimeOrNull(item.finishedAt),
  error: item.error,
});

export const activitySchema = z.object({
  since: time.describe('When the first of the minutes began.'),
  agents: z
    .array(
      z.object({
        id: idSchema('agent'),
        ended: z.array(z.int()).describe('Attempts that ended in each minute, oldest first.'),
        succeeded: z.int(),
        failed: z.int(),
        lost: z.int(),
        busy_ms: z.number().describe('What the attempts took together.'),
        longest_ms: z.int(),
      }),
    )
    .describe('Those that have ended nothing are left out.'),
});

export const presentActivity = (
  activity: AgentActivity,
): z.input<typeof activitySchema>['agents'][number] => {
  const { agentId, ended, succeeded, failed, lost, busyMs, longestMs } = activity;
  return { id: agentId, ended, succeeded, failed, lost, busy_ms: busyMs, longest_ms: longestMs };
};

export const agentHistorySchema = z.object({
  from: time,
  to: time,
  changes: z
    .array(z.object({ at: time, state: z.enum(AGENT_STATES) }))
    .describe(
      'How it was from then on until the next one, oldest first; the last 1000 changes. Before the first nothing is told.',
    ),
});

export const presentAgentHistory = ({
  from,
  to,
  changes,
}: AgentHistory): z.input<typeof agentHistorySchema> => ({
  from: isoTime(from),
  to: isoTime(to),
  changes: changes.map(({ at, state }) => ({ at: isoTime(at), state })),
});

export const coverageSchema = z
  .object({
    capability: z.string(),
    agents: z.int().describe('That offer it.'),
    serving: z.int().describe('Those of them that are given work.'),
    pipeline_count: z.int().describe('Published pipelines in use that need it.'),
    pipelines: z.array(z.object({ id: idSchema('pipe'), name: z.string() })).describe('Some of them.'),
  })
  .meta({ id: 'Coverage' });

export const presentCoverage = ({
  pipelineCount,
  ...coverage
}: Coverage): z.input<typeof coverageSchema> => ({ ...coverage, pipeline_count: pipelineCount });
export const capabilitySchema = z
  .object({
    name: z.string(),
    description: z.string(),
    agents: z.int(),
    serving: z.int().describe('Those that are given work just now.'),
    config_schema: anyObject.nullable().describe('JSON Schema of the `config` of stages that ask for it.'),
    input_schema: anyObject
      .nullable()
      .describe('JSON Schema of inputs that such stages take; they may take others too. Null: not known.'),
    output_schema: anyObject
      .nullable()
      .describe('JSON Schema of the output of such stages. Null: not known.'),
  })
  .meta({ id: 'Capability' });

export const presentCapability = ({
  configSchema,
  inputSchema,
  outputSchema,
  ...capability
}: CapabilityView): z.input<typeof capabilitySchema> => ({
  ...capability,
  config_schema: configSchema,
  input_schema: inputSchema,
  output_schema: outputSchema,
});
