import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import { exportJson, exportYaml } from '#server/domain/graph/canonical.ts';
import { graphSchema } from '#server/domain/graph/schema.ts';
import { idSchema } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { judgeGraph } from './judge-graph.ts';
import { loadPipeline, loadVersion } from './pipeline-view.ts';

const exportSchema = z.strictObject({
  id: idSchema('pipe'),
  format: z.enum(['yaml', 'json']).default('yaml'),
  /** A published version; left out, the draft. */
  version: z.int().min(1).optional(),
});

export async function exportPipeline(
  services: Services,
  actor: Actor,
  input: z.input<typeof exportSchema>,
): Promise<{ name: string; format: 'yaml' | 'json'; text: string }> {
  authorise(actor, 'pipeline.read');
  const { id, format, version } = parseInput(exportSchema, input);
  const { name, document } = await inTenant(services.db, actor.orgId, async (tx) => {
    const pipeline = await loadPipeline(tx, id);
    if (version === undefined) return { name: pipeline.name, document: pipeline.draft?.document ?? null };
    return { name: pipeline.name, document: (await loadVersion(tx, id, version)).graph };
  });
  const graph =
    version === undefined
      ? (await judgeGraph(services, document as Json)).graph
      : graphSchema.parse(document);
  return { name, format, text: format === 'yaml' ? exportYaml(graph) : exportJson(graph) };
}
