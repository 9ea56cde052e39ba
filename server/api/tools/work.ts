import { z } from 'zod';
import { SignalboxError } from '#server/domain/errors.ts';
import { ERROR_CLASSES } from '#server/domain/graph/schema.ts';
import { idSchema, taskIdSchema } from '#server/domain/ids.ts';
import type { Report } from '#server/domain/messages.ts';
import type { ReportAnswer } from '#server/domain/reports.ts';
import { registerAgent } from '#server/services/agent/register.ts';
import { claimTasks, sendHeartbeat, sendReports } from '#server/services/agent/visit.ts';
import { EXAMPLE } from '../operations/examples.ts';
import { anyJson, anyObject } from '../wire/values.ts';
import { type Lease, leaseField, writeLease } from './lease.ts';
import { type ToolCall, tool } from './tool.ts';

const EXAMPLE_LEASE = writeLease({
  ...({ id: EXAMPLE.agent, generation: 1, taskId: EXAMPLE.task, epoch: 1 } as unknown as Lease),
});

const visitor = {
  agent_id: idSchema('agent').describe('As agent_register answered.'),
  generation: z.int().min(1).describe('As agent_register answered.'),
};

const workSchema = z.object({
  lease: z.string().describe('Send it with task_heartbeat, task_complete and task_fail.'),
  task_id: taskIdSchema,
  run_id: z.string(),
  stage: z.string(),
  capability: z.string(),
  attempt: z.int(),
  config: anyObject.describe('How the stage is set up.'),
  input: anyJson.describe('What to work on.'),
  parameters: anyObject.describe('Of the run.'),
  beat_within_seconds: z
    .number()
    .describe('Without a task_heartbeat for so long the task goes to somebody else.'),
});

const DEFAULT_BEAT_MS = 30_000;

const heardSchema = z.object({
  go_on: z.boolean().describe('False: stop working on it, the answer is no longer wanted.'),
  why: z.string().nullable(),
  lease_until: z.number().nullable().describe('Milliseconds since 1970.'),
});

function presentHeard(answer: ReportAnswer | undefined): z.input<typeof heardSchema> {
  if (!answer || answer.status === 'ok')
    return { go_on: true, why: null, lease_until: answer?.leaseUntil ?? null };
  return { go_on: false, why: answer.reason, lease_until: null };
}

/** One report about the task of a lease. */
async function report(
  { services, actor }: ToolCall,
  { id, generation, taskId, epoch }: Lease,
  says: { type: Report['type']; [field: string]: unknown },
): Promise<ReportAnswer | undefined> {
  const reports = [{ ...says, task_id: taskId, epoch }];
  const [answer] = await sendReports(services, actor, { id, generation, reports });
  return answer;
}

/** For answers that count or do not. */
function refuseUnheard(answer: ReportAnswer | undefined): void {
  if (!answer || answer.status === 'ok') return;
  throw new SignalboxError('STALE_EPOCH', `The answer changed nothing. ${answer.reason}`, {
    advice: 'Drop this task, and claim the next one.',
  });
}

const doneSchema = z.object({ task_id: taskIdSchema, accepted: z.boolean() });

export const workTools = [
  tool({
    name: 'agent_register',
    title: 'Come in as an agent',
    description:
      'Registers you as an agent that takes work. Say what you can do (capabilities are the types of stages). Then loop: task_claim, do the work with task_heartbeat now and then, task_complete or task_fail. Registering again with the same name takes the place of the one before.',
    // Whoever came in before under the name is out by it.
    kind: 'makes',
    icon: 'agent',
    needs: ['agent.register'],
    input: z.strictObject({
      name: z.string().trim().min(1).max(128),
      instance: z.string().trim().min(1).max(128).optional().describe('When one name runs several times.'),
      type: z.string().min(1).max(64).optional(),
      capabilities: z.array(z.string().min(1).max(128)).min(1).max(256),
      labels: z.array(z.string().min(1).max(128)).max(64).optional(),
      max_concurrency: z.int().min(1).max(100_000).optional(),
    }),
    output: z.object(visitor),
    example: { name: 'agent-name', capabilities: ['summarise'] },
    async handle({ services, actor }, input) {
      const { id, generation } = await registerAgent(services, actor, { ...input, transport: 'pull' });
      return { agent_id: id, generation };
    },
  }),

  tool({
    name: 'task_claim',
    title: 'Claim work',
    description:
      'Waits for work that fits your capabilities and takes it. An empty list means that there was none in that time: call it again. Each task comes with a lease.',
    kind: 'makes',
    icon: 'hand',
    needs: ['agent.visit'],
    rate: 'agents',
    input: z.strictObject({
      ...visitor,
      capabilities: z.array(z.string()).max(256).optional().describe('Left out: all you registered for.'),
      max: z.int().min(1).max(20).default(1),
      in_flight: z.int().min(0).default(0).describe('How many tasks you hold already.'),
      wait_seconds: z.number().min(0).max(50).default(20),
    }),
    output: z.object({ tasks: z.array(workSchema), order: z.string(), reason: z.string().nullable() }),
    example: { agent_id: EXAMPLE.agent, generation: 1, wait_seconds: 0 },
    async handle({ services, actor, signal }, { agent_id, wait_seconds, ...rest }) {
      const input = { ...rest, id: agent_id, wait_ms: Math.round(wait_seconds * 1000) };
      const { tasks, orders } = await claimTasks(services, actor, { input, signal });
      const work = tasks.map(({ lease_until: _until, epoch, beat_within_ms, ...task }) => ({
        ...task,
        lease: writeLease({ id: agent_id, generation: rest.generation, taskId: task.task_id, epoch }),
        beat_within_seconds: (beat_within_ms ?? DEFAULT_BEAT_MS) / 1000,
      }));
      return { tasks: work, order: orders.order, reason: orders.reason ?? null };
    },
  }),

  tool({
    name: 'task_heartbeat',
    title: 'Say that you still work on it',
    description:
      'Keeps a task yours and tells how far you are. Call it at least once within beat_within_seconds. When go_on is false, stop.',
    kind: 'sets',
    icon: 'pulse',
    needs: ['agent.visit'],
    rate: 'agents',
    input: z.strictObject({
      lease: leaseField,
      progress: z.number().min(0).max(1).optional(),
      note: z.string().max(1000).optional().describe('What you do just now, in a few words.'),
    }),
    output: heardSchema,
    example: { lease: EXAMPLE_LEASE, progress: 0.5 },
    async handle({ services, actor }, { lease, ...says }) {
      const { id, generation, taskId, epoch } = lease;
      const { answers } = await sendHeartbeat(services, actor, {
        ...{ id, generation, beat: { in_flight: 1 } },
        tasks: [{ ...says, type: 'beat', task_id: taskId, epoch }],
      });
      return presentHeard(answers[0]);
    },
  }),

  tool({
    name: 'task_complete',
    title: 'Hand in the result',
    description: 'Ends a task with its output; the run goes on with it. The same answer twice counts once.',
    kind: 'sets',
    icon: 'check',
    needs: ['agent.visit'],
    rate: 'agents',
    input: z.strictObject({ lease: leaseField, output: anyJson.optional() }),
    output: doneSchema,
    example: { lease: EXAMPLE_LEASE, output: { text: 'done' } },
    async handle(call, { lease, output }) {
      refuseUnheard(await report(call, lease, { type: 'succeeded', output: output ?? null }));
      return { task_id: lease.taskId, accepted: true };
    },
  }),

  tool({
    name: 'task_fail',
    title: 'Say that it cannot be done',
    description:
      'Ends an attempt with what went wrong. Whether it is tried again is for the stage to say, by the class of the error: agent, rate-limited and internal are tried again by default, invalid-input is not.',
    kind: 'sets',
    icon: 'cross',
    needs: ['agent.visit'],
    rate: 'agents',
    input: z.strictObject({
      lease: leaseField,
      message: z.string().min(1).max(10_000).describe('For people: what went wrong and why.'),
      class: z.enum(ERROR_CLASSES).default('agent'),
      code: z.string().min(1).max(128).default('AGENT_ERROR'),
    }),
    output: doneSchema,
    example: { lease: EXAMPLE_LEASE, message: 'the source is empty', class: 'invalid-input' },
    async handle(call, { lease, ...error }) {
      refuseUnheard(await report(call, lease, { type: 'failed', error }));
      return { task_id: lease.taskId, accepted: true };
    },
  }),
] as const;
