import { SignalboxError } from '#server/domain/errors.ts';
import { contentHash } from '#server/domain/graph/canonical.ts';
import type { Graph } from '#server/domain/graph/schema.ts';
import { validateGraph } from '#server/domain/graph/validate.ts';
import type { Json } from '#server/domain/json.ts';

/** The graph that a document is, with its hash; or one error with every problem and its place. */
export function judgeGraph(document: Json): { graph: Graph; hash: string } {
  const result = validateGraph(document);
  if (result.ok) return { graph: result.graph, hash: contentHash(result.graph) };
  const errors = result.problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  throw new SignalboxError(
    'INVALID',
    `The graph cannot be published: ${first?.message ?? 'it has problems.'}`,
    {
      advice: first?.advice ?? 'Correct the problems that are listed.',
      details: { problems: result.problems },
    },
  );
}
