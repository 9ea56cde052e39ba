import type { z } from 'zod';
import { misfitsOf } from '#server/domain/misfit-words.ts';
import { AgentFailure } from '../agent.ts';

const MAX_SHOWN = 10;

/** A stage's config as its agent knows it; else the task fails, with every field that is wrong. */
export function readConfig<Schema extends z.ZodType>(schema: Schema, config: unknown): z.output<Schema> {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  const problems = misfitsOf(parsed.error.issues)
    .slice(0, MAX_SHOWN)
    .map(({ path, message }) => `${path.join('.') || 'config'}: ${message}`);
  const message = `The config of the stage does not fit. ${problems.join('; ')}.`;
  throw new AgentFailure('invalid-input', 'CONFIG_INVALID', message, { problems });
}
