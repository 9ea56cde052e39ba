import { z } from 'zod';
import { capabilitySchema, labelSchema } from './graph/schema.ts';
import { jsonObjectSchema } from './json-shape.ts';
import { TRANSPORTS } from './routing.ts';

export const agentCapabilitySchema = z.object({
  name: capabilitySchema,
  version: z.string().max(64).default(''),
});
export type AgentCapability = z.output<typeof agentCapabilitySchema>;

const endpointSchema = z.url({ protocol: /^https?$/ }).max(2048);

/** Where an agent that work is pushed to listens. */
export const agentEndpointsSchema = z.object({
  /** Tasks are sent here with POST. */
  task: endpointSchema,
  /** Answers GET with 200 while the agent lives. */
  health: endpointSchema,
  /** Answers GET for `?task_id=…&epoch=…` with how a task goes that was taken with 202. */
  status: endpointSchema.optional(),
  /** Orders to stop are sent here with POST; left out: DELETE on the task endpoint. */
  stop: endpointSchema.optional(),
});
export type AgentEndpoints = z.output<typeof agentEndpointsSchema>;

/** What an agent says of itself when it comes in, by whichever transport. */
export const agentRegistrationSchema = z
  .object({
    name: z.string().trim().min(1).max(128),
    /** One process of the agent: the same name may run many times. */
    instance: z.string().trim().min(1).max(128).default('default'),
    type: z.string().min(1).max(64).default('worker'),
    transport: z.enum(TRANSPORTS),
    version: z.string().max(64).default(''),
    capabilities: z.array(agentCapabilitySchema).min(1).max(256),
    labels: z.array(labelSchema).max(64).default([]),
    resources: jsonObjectSchema.default({}),
    endpoints: agentEndpointsSchema.optional(),
    max_concurrency: z.int().min(1).max(100_000).default(1),
  })
  .refine((agent) => agent.transport !== 'push' || agent.endpoints !== undefined, {
    message: 'an agent that work is pushed to must name its endpoints',
    path: ['endpoints'],
  });
export type AgentRegistration = z.output<typeof agentRegistrationSchema>;
export type AgentRegistrationInput = z.input<typeof agentRegistrationSchema>;
