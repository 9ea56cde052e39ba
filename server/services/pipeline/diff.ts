import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import { diffGraphs, type GraphDiff } from '#server/domain/graph/diff.ts';
import { graphSchema } from '#server/domain/graph/schema.ts';
import { idSchema } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { judgeGraph } from './judge-graph.ts';
import { loadPipeline, loadVersion } from './pipeline-view.ts';

const diffSchema = z.strictObject({
  id: idSchema('pipe'),
  /** A version's number. */
  from: z.int().min(1),
  /** Left out: the draft. */
  to: z.int().min(1).optional(),
});

export async function diffVersions(
  services: Services,
  actor: Actor,
  input: z.input<typeof diffSchema>,
): Promise<GraphDiff> {
  authorise(actor, 'pipeline.read');
  const { id, from, to } = parseInput(diffSchema, input);
  const [before, after] = await inTenant(services.db, actor.orgId, async (tx) => {
    const version = await loadVersion(tx, id, from);
    if (to !== undefined) return [version.graph, (await loadVersion(tx, id, to)).graph];
    return [version.graph, (await loadPipeline(tx, id)).draft?.document ?? null];
  });
  // A draft with errors has no graph to compare; the error lists them.
  const latter = to === undefined ? (await judgeGraph(services, after)).graph : graphSchema.parse(after);
  return diffGraphs(graphSchema.parse(before), latter);
}
