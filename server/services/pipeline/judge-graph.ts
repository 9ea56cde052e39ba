import { SignalboxError } from '#server/domain/errors.ts';
import type { Graph } from '#server/domain/graph/schema.ts';
import type { Json } from '#server/domain/json.ts';
import type { Services } from '../context.ts';

export interface Judged {
  graph: Graph;
  hash: string;
}

/** The graph that a document is, with its hash; or one error with every problem and its place. */
export async function judgeGraph(
  { documents }: Pick<Services, 'documents'>,
  document: Json,
): Promise<Judged> {
  const result = await documents.judge(document);
  if (result.ok) return result;
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
