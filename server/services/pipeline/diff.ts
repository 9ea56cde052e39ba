import { z } from 'zod';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { diffGraphs, type GraphDiff } from '#server/domain/graph/diff.ts';
import { type Graph, graphSchema } from '#server/domain/graph/schema.ts';
import { idSchema, type PipelineId } from '#server/domain/ids.ts';
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
  const [before, after] = await inTenant(services.db, actor.orgId, async (tx) => [
    await loadGraph(tx, id, from),
    await loadGraph(tx, id, to),
  ]);
  return diffGraphs(before, after);
}

/** A draft with errors has no graph to compare; the error lists them. */
async function loadGraph(tx: TenantTransaction, id: PipelineId, number: number | undefined): Promise<Graph> {
  if (number !== undefined) return graphSchema.parse((await loadVersion(tx, id, number)).graph);
  return judgeGraph((await loadPipeline(tx, id)).draft?.document ?? null).graph;
}
