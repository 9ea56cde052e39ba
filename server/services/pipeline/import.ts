import { z } from 'zod';
import { SignalboxError } from '#server/domain/errors.ts';
import type { ImportProblem } from '#server/domain/graph/import-problems.ts';
import { isJsonObject } from '#server/domain/json.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { idempotencyKeySchema } from '../make-once.ts';
import { parseInput } from '../parse-input.ts';
import { type CreatedPipeline, createPipeline, pipelineNameSchema } from './create.ts';

const importSchema = z.strictObject({
  name: pipelineNameSchema,
  description: z.string().max(10_000).default(''),
  format: z.enum(['yaml', 'json']).default('yaml'),
  text: z.string().min(1),
  publish: z.boolean().default(false),
  idempotencyKey: idempotencyKeySchema.optional(),
});

/** A new pipeline from an exported text. */
export async function importPipeline(
  services: Services,
  actor: Actor,
  input: z.input<typeof importSchema>,
): Promise<CreatedPipeline> {
  authorise(actor, 'pipeline.create');
  const { format, text, ...rest } = parseInput(importSchema, input);
  const imported = await services.documents.read(text, format);
  if (imported.ok && isJsonObject(imported.document)) {
    return createPipeline(services, actor, { ...rest, document: imported.document });
  }
  throw unreadable(imported.ok ? [NO_OBJECT] : imported.problems);
}

type TextProblem = Pick<ImportProblem, 'message' | 'line' | 'column'>;
const NO_OBJECT: TextProblem = { message: 'The text is not an object.', line: 1, column: 1 };

export function unreadable(problems: readonly TextProblem[]): SignalboxError {
  const [first] = problems;
  return new SignalboxError(
    'INVALID',
    `The text cannot be read: line ${first?.line ?? 1}: ${first?.message ?? ''}`,
    {
      advice: 'Correct the text, or export a pipeline to see the form.',
      details: { problems },
    },
  );
}
