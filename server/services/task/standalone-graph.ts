import { and, eq, isNull } from 'drizzle-orm';
import { versions } from '#db/schema/index.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import { canonicalDocument } from '#server/domain/graph/canonical.ts';
import { hasMarks } from '#server/domain/graph/marks.ts';
import type { GraphInput } from '#server/domain/graph/schema.ts';
import { fromUuid, toUuid, type VersionId } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { judgeGraph } from '../pipeline/judge-graph.ts';

/** The hidden version of a stand-alone task: all tasks with the same settings share one. */
export async function findOrAddSharedVersion(
  tx: TenantTransaction,
  actor: Actor,
  { services, document }: { services: Services; document: GraphInput },
): Promise<VersionId> {
  const { graph, hash } = await judgeGraph(services, document as unknown as Json);
  const shared = and(isNull(versions.pipelineId), eq(versions.contentHash, hash));
  const find = () => tx.select({ id: versions.id }).from(versions).where(shared);
  const [known] = await find();
  if (known) return fromUuid('ver', known.id);
  await tx
    .insert(versions)
    .values({
      id: services.newUuid(),
      orgId: toUuid(actor.orgId),
      pipelineId: null,
      number: 1,
      graph: canonicalDocument(graph),
      contentHash: hash,
      hasMarks: hasMarks(graph),
    })
    // Somebody else may have added it since.
    .onConflictDoNothing();
  const [row] = await find();
  if (!row) throw new Error('the shared version that was just added is not there');
  return fromUuid('ver', row.id);
}
