import { z } from 'zod';
import { agentRegistrationSchema } from './agent-registration.ts';
import { ERROR_CLASSES } from './graph/schema.ts';
import { idSchema, taskIdSchema } from './ids.ts';
import { jsonObjectSchema, jsonSchema } from './json-shape.ts';

/**
 * What travels between the engine and agents, the same words over AMQP, HTTP and in process. Several tasks or
 * reports share one message. New fields are optional until no older process is left.
 */
export const MESSAGE_VERSION = 1;

/** Fits a column. */
const count = z.int().min(0).max(2_147_483_647);

export const assignmentMessageSchema = z.object({
  task_id: taskIdSchema,
  run_id: z.string(),
  /** Send it back with every report: a report with an old one changes nothing. */
  epoch: count.min(1),
  attempt: count.min(1),
  stage: z.string(),
  capability: z.string(),
  config: jsonObjectSchema,
  input: jsonSchema,
  parameters: jsonObjectSchema,
  /** A sign of life must come within this long, or the task goes to somebody else. Left out: 30 s. */
  beat_within_ms: z.int().min(1).optional(),
});
export type AssignmentMessage = z.output<typeof assignmentMessageSchema>;

export const tasksMessageSchema = z.object({
  version: z.literal(MESSAGE_VERSION),
  tasks: z.array(assignmentMessageSchema).min(1).max(1000),
});

const MAX_TEXT = 65_536;
/** What no column of Postgres and no word of its JSON can hold is replaced at the door, for all who read it later. */
const clean = (text: string): string => text.replaceAll('\u0000', '\uFFFD').toWellFormed();
/** An agent that talks too much is cut short; what else its message says still counts. */
const agentText = z
  .string()
  .overwrite((text) =>
    clean(text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}… (${text.length - MAX_TEXT} more)`),
  );
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const reported = { task_id: taskIdSchema, epoch: count.min(1) };

export const taskErrorSchema = z.object({
  class: z.enum(ERROR_CLASSES).default('agent'),
  code: z.string().max(128).overwrite(clean).default('AGENT_ERROR'),
  message: agentText,
  details: jsonObjectSchema.optional(),
});

export const reportSchema = z.discriminatedUnion('type', [
  /** I have taken it: grants the lease. Not needed for work that is answered at once. */
  z.object({ type: z.literal('accepted'), ...reported }),
  z.object({
    type: z.literal('beat'),
    ...reported,
    progress: z.number().min(0).max(1).optional(),
    note: z
      .string()
      .overwrite((text) => text.slice(0, 1000))
      .optional(),
  }),
  z.object({ type: z.literal('succeeded'), ...reported, output: jsonSchema.default(null) }),
  z.object({ type: z.literal('failed'), ...reported, error: taskErrorSchema }),
  /** It stopped because it was told to. */
  z.object({ type: z.literal('cancelled'), ...reported }),
  /** Given back unfinished, at no charge. */
  z.object({ type: z.literal('released'), ...reported }),
  z.object({
    type: z.literal('log'),
    ...reported,
    line: count,
    level: z.enum(LOG_LEVELS).default('info'),
    message: agentText,
    fields: jsonObjectSchema.optional(),
    at: z.iso.datetime({ offset: true }).optional(),
  }),
]);
export type Report = z.output<typeof reportSchema>;

/** A sign of life of the agent itself, whether it works or not. */
export const agentBeatSchema = z.object({
  in_flight: z.int().min(0),
  /** 0 idle, 1 as much as the machine bears. */
  load: z.number().min(0).optional(),
  /** It takes nothing new and will go. */
  draining: z.boolean().optional(),
});
export type AgentBeat = z.output<typeof agentBeatSchema>;

export const reportsMessageSchema = z.object({
  version: z.literal(MESSAGE_VERSION),
  agent_id: idSchema('agent'),
  /** The number that the registration was answered with: of two that claim one name the older is told to stop. */
  generation: z.int().min(1).optional(),
  beat: agentBeatSchema.optional(),
  reports: z.array(reportSchema).max(1000).default([]),
});
export type ReportsMessage = z.output<typeof reportsMessageSchema>;

/** How an agent comes in that has nothing but a broker; sent to the queue of reports. */
export const helloMessageSchema = z.object({
  version: z.literal(MESSAGE_VERSION),
  hello: agentRegistrationSchema,
  /** The answer is announced under `agents.welcome.<reply_to>`; say hello again until it comes. */
  reply_to: z.string().regex(/^[A-Za-z0-9_-]{8,64}$/),
});

export type HelloMessage = z.output<typeof helloMessageSchema>;

export const welcomeMessageSchema = z.union([
  z.object({
    version: z.literal(MESSAGE_VERSION),
    agent_id: idSchema('agent'),
    generation: z.int().min(1),
    beat_every_ms: z.int().min(1),
    /** Where to look for work. Left out by older processes: the plain names. */
    queues: z.array(z.string().min(1).max(255)).max(300).optional(),
  }),
  /** Why it may not come in. */
  z.object({ version: z.literal(MESSAGE_VERSION), refused: z.string() }),
]);

/** What an agent shall do. `retire`: another process has its name, or it was taken off the list. */
export const AGENT_ORDERS = ['serve', 'drain', 'pause', 'quarantine', 'retire'] as const;
export type AgentOrder = (typeof AGENT_ORDERS)[number];

/** Sent to one agent: stop working on these, or how to go on. Announced under `agents.control.<agent id>`. */
export const stopMessageSchema = z.object({
  version: z.literal(MESSAGE_VERSION),
  stop: z.array(z.object({ task_id: taskIdSchema, epoch: z.int(), reason: z.string() })).default([]),
  order: z.enum(AGENT_ORDERS).optional(),
  /** The registration that the order is for. For `retire`: this one and older ones. */
  generation: z.int().optional(),
  /** No more than so many tasks at once; left out: as many as it registered for. */
  max: z.int().min(0).optional(),
  reason: z.string().optional(),
});
export type ControlMessage = z.input<typeof stopMessageSchema>;
