import { z } from 'zod';
import { importDocument } from '#server/domain/graph/import.ts';
import { validateGraph } from '#server/domain/graph/validate.ts';
import { type Json, jsonSchema } from '#server/domain/json.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

const validateSchema = z.union([
  z.strictObject({ document: jsonSchema }),
  /** As it was exported. */
  z.strictObject({ text: z.string().min(1), format: z.enum(['yaml', 'json']).default('yaml') }),
]);

export interface FoundProblem {
  code: string;
  severity: 'error' | 'warning';
  message: string;
  advice: string;
  /** Where in the document; empty for a text that is none. */
  path: (string | number)[];
  line?: number;
  column?: number;
}

/** Judges a pipeline that is not kept: what is wrong with it, and where. */
export async function validatePipeline(
  _services: Services,
  actor: Actor,
  input: z.input<typeof validateSchema>,
): Promise<{ valid: boolean; problems: FoundProblem[] }> {
  authorise(actor, 'pipeline.read');
  const given = parseInput(validateSchema, input);
  if ('document' in given) return judge(given.document);
  const imported = importDocument(given.text, given.format);
  if (imported.ok) return judge(imported.document);
  const problems = imported.problems.map((problem) => ({
    ...problem,
    severity: 'error' as const,
    path: [],
    advice: 'Correct the text, or export a pipeline to see the form.',
  }));
  return { valid: false, problems };
}

function judge(document: Json): { valid: boolean; problems: FoundProblem[] } {
  const { ok, problems } = validateGraph(document);
  return { valid: ok, problems };
}
