import { z } from 'zod';
import { SignalboxError } from '#server/domain/errors.ts';
import { isJsonObject } from '#server/domain/json.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { createPipeline, pipelineNameSchema } from './create.ts';
import type { PipelineView } from './pipeline-view.ts';

export const importSchema = z.strictObject({
  name: pipelineNameSchema,
  description: z.string().max(10_000).default(''),
  format: z.enum(['yaml', 'json']).default('yaml'),
  text: z.string().min(1),
  publish: z.boolean().default(false),
});

/** A new pipeline from an exported text. */
export async function importPipeline(
  services: Services,
  actor: Actor,
  input: z.input<typeof importSchema>,
): Promise<PipelineView> {
  authorise(actor, 'pipeline.create');
  const { format, text, ...rest } = parseInput(importSchema, input);
  const imported = await services.documents.read(text, format);
  if (imported.ok && isJsonObject(imported.document)) {
    return createPipeline(services, actor, { ...rest, document: imported.document });
  }
  const problems = imported.ok
    ? [{ message: 'The text is not an object.', line: 1, column: 1 }]
    : imported.problems;
  const [first] = problems;
  throw new SignalboxError(
    'INVALID',
    `The text cannot be read: line ${first?.line ?? 1}: ${first?.message ?? ''}`,
    {
      advice: 'Correct the text, or export a pipeline to see the form.',
      details: { problems },
    },
  );
}
