import { z } from 'zod';
import { importDocument } from '#server/domain/graph/import.ts';
import { type Problem, validateGraph } from '#server/domain/graph/validate.ts';
import { type Json, jsonObjectSchema } from '#server/domain/json.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { unreadable } from './import.ts';

export const validateSchema = z
  .strictObject({
    document: jsonObjectSchema.meta({ type: 'object', additionalProperties: true }).optional(),
    /** Instead of a document: its text. */
    text: z.string().min(1).optional(),
    format: z.enum(['yaml', 'json']).default('yaml'),
  })
  .refine(({ document, text }) => (document === undefined) !== (text === undefined), {
    message: 'give a document or a text',
  });

export interface Judgement {
  ok: boolean;
  problems: Problem[];
}

/** Judges a graph without keeping it. */
export async function validatePipeline(
  _services: Services,
  actor: Actor,
  input: z.input<typeof validateSchema>,
): Promise<Judgement> {
  authorise(actor, 'pipeline.read');
  const { document, text, format } = parseInput(validateSchema, input);
  const { ok, problems } = validateGraph(document ?? read(text ?? '', format));
  return { ok, problems };
}

function read(text: string, format: 'yaml' | 'json'): Json {
  const imported = importDocument(text, format);
  if (imported.ok) return imported.document;
  throw unreadable(imported.problems);
}
