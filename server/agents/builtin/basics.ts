import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { ERROR_CLASSES } from '#server/domain/graph/schema.ts';
import { AgentFailure, type AgentHandler, type BuiltinAgent } from '../agent.ts';
import { readConfig } from './read-config.ts';

/** Three capabilities for demonstrations and tests. They do no work, and say so. */
export const basicConfigSchemas = {
  echo: z.strictObject({}).describe('For demonstrations and tests: returns its input'),
  sleep: z
    .strictObject({
      ms: z.int().min(0).max(86_400_000).default(1_000).describe('How long it waits, milliseconds'),
    })
    .describe('For demonstrations and tests: waits, then returns its input'),
  fail: z
    .strictObject({
      errorClass: z.enum(ERROR_CLASSES).default('agent'),
      code: z
        .string()
        .regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'must be like SOME_CODE')
        .default('FAILED_ON_PURPOSE'),
      message: z.string().min(1).max(2_000).default('This stage fails on purpose.'),
      times: z.int().min(1).optional().describe('Only the first attempts fail; left out, all do'),
    })
    .describe('For demonstrations and tests: fails'),
} as const;

const echo: AgentHandler = async (assignment, context) => {
  readConfig(basicConfigSchemas.echo, assignment.config);
  context.log('info', 'This is a demonstration stage: it returns its input.');
  return assignment.input;
};

const sleep: AgentHandler = async (assignment, context) => {
  const { ms } = readConfig(basicConfigSchemas.sleep, assignment.config);
  context.log('info', `This is a demonstration stage: it waits ${ms} ms and returns its input.`);
  try {
    await delay(ms, undefined, { signal: context.signal });
  } catch {
    throw new AgentFailure('agent', 'ABORTED', 'The task was told to stop while it slept.');
  }
  return assignment.input;
};

const fail: AgentHandler = async (assignment, context) => {
  const { times, errorClass, code, message } = readConfig(basicConfigSchemas.fail, assignment.config);
  if (times !== undefined && assignment.attempt > times) {
    context.log(
      'info',
      `This is a demonstration stage: its first ${times} attempts failed, this one returns its input.`,
    );
    return assignment.input;
  }
  throw new AgentFailure(errorClass, code, message, { attempt: assignment.attempt, onPurpose: true });
};

export function createBasicAgents(maxConcurrency: number): BuiltinAgent[] {
  const handlers = { echo, sleep, fail };
  return Object.entries(handlers).map(([name, handler]) => ({
    name: `builtin-${name}`,
    version: '1.0.0',
    capabilities: [name],
    maxConcurrency,
    handle: handler,
  }));
}
