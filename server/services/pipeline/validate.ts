import { z } from 'zod';
import { invalid } from '#server/domain/errors.ts';
import type { ImportProblem } from '#server/domain/graph/import-problems.ts';
import type { Problem } from '#server/domain/graph/validate.ts';
import { jsonObjectSchema } from '#server/domain/json-shape.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

export const validateSchema = z.strictObject({
  document: jsonObjectSchema.optional().describe('A graph.'),
  text: z.string().min(1).optional().describe('Instead of it: a text as it was exported.'),
  format: z.enum(['yaml', 'json']).default('yaml').describe('Of the text.'),
});

export interface Verdict {
  valid: boolean;
  /** With a place in the document. */
  problems: Problem[];
  /** With a place in the text, when it cannot be read. */
  faults: ImportProblem[];
}

/** Judges a pipeline that is not kept: what is wrong with it, and where. */
export async function validatePipeline(
  { documents }: Pick<Services, 'documents'>,
  actor: Actor,
  input: z.input<typeof validateSchema>,
): Promise<Verdict> {
  authorise(actor, 'pipeline.read');
  const { document, text, format } = parseInput(validateSchema, input);
  if ((document === undefined) === (text === undefined)) {
    throw invalid('Either a document or a text is judged.', undefined, 'Send one of the two.');
  }
  const read = text === undefined ? { ok: true as const, document } : await documents.read(text, format);
  if (!read.ok) return { valid: false, problems: [], faults: read.problems };
  const { ok, problems } = await documents.judge(read.document ?? null);
  return { valid: ok, problems, faults: [] };
}
