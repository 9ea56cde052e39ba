import type { z } from 'zod';
import { SignalboxError } from '#server/domain/errors.ts';
import { type Found, misfitsOf } from '#server/domain/misfit-words.ts';

const MAX_ISSUES = 50;

/** What a verb was given, in the shape it asks for, or one error that names every field that is wrong. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw misfit(parsed.error.issues);
}

/** What is said where an input does not fit, whoever has found it. */
export function misfit(found: readonly Found[]): SignalboxError {
  const issues = misfitsOf(found)
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) => ({ path: path.map(String), message }));
  const [first] = issues;
  const where = first && first.path.length > 0 ? `${first.path.join('.')}: ` : '';
  return new SignalboxError('INVALID', `The request does not fit. ${where}${first?.message ?? ''}`, {
    advice: 'Correct the fields that are listed.',
    details: { issues },
  });
}
