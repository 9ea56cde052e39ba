import { z } from 'zod';
import { ERROR_CLASSES } from './graph/schema.ts';
import { taskIdSchema } from './ids.ts';
import { jsonObjectSchema, jsonSchema } from './json.ts';

/**
 * What travels between the engine and agents, the same words over AMQP, HTTP and in process. Several tasks or
 * reports share one message. New fields are optional until no older process is left.
 */
export const MESSAGE_VERSION = 1;

export const assignmentMessageSchema = z.object({
  task_id: taskIdSchema,
  run_id: z.string(),
  /** Send it back with every report: a report with an old one changes nothing. */
  epoch: z.int().min(1),
  attempt: z.int().min(1),
  stage: z.string(),
  capability: z.string(),
  config: jsonObjectSchema,
  input: jsonSchema,
  parameters: jsonObjectSchema,
});
export type AssignmentMessage = z.output<typeof assignmentMessageSchema>;

export const tasksMessageSchema = z.object({
  version: z.literal(MESSAGE_VERSION),
  tasks: z.array(assignmentMessageSchema).min(1).max(1000),
});

const agentText = z.string().max(65_536);
const reported = { task_id: taskIdSchema, epoch: z.int().min(1) };

export const taskErrorSchema = z.object({
  class: z.enum(ERROR_CLASSES).default('agent'),
  code: z.string().max(128).default('AGENT_ERROR'),
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
    note: z.string().max(1000).optional(),
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
    line: z.int().min(0),
    level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
    message: agentText,
    fields: jsonObjectSchema.optional(),
    at: z.iso.datetime({ offset: true }).optional(),
  }),
]);
export type Report = z.output<typeof reportSchema>;

export const reportsMessageSchema = z.object({
  version: z.literal(MESSAGE_VERSION),
  agent_id: z.string().regex(/^agent_[0-9a-f]{32}$/),
  reports: z.array(reportSchema).min(1).max(1000),
});
export type ReportsMessage = z.output<typeof reportsMessageSchema>;

/** Sent to one agent: stop working on these. */
export const stopMessageSchema = z.object({
  version: z.literal(MESSAGE_VERSION),
  stop: z.array(z.object({ task_id: taskIdSchema, epoch: z.int(), reason: z.string() })),
});
