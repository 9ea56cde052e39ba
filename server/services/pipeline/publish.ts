import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { pipelines, versions } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { canonicalDocument } from '#server/domain/graph/canonical.ts';
import { hasMarks } from '#server/domain/graph/marks.ts';
import { idSchema, type PipelineId, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise, authoriseAnywhere } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { idempotencyKeySchema, makeOnce } from '../make-once.ts';
import { parseInput } from '../parse-input.ts';
import { type Judged, judgeGraph } from './judge-graph.ts';
import { findNewestVersion, loadDraft, loadVersionById, type VersionView } from './pipeline-view.ts';

const publishSchema = z.strictObject({
  id: idSchema('pipe'),
  note: z.string().max(1000).default(''),
  /** The revision that the publisher has seen; another one means that somebody has changed the draft since. */
  revision: z.int().min(1).optional(),
  idempotencyKey: idempotencyKeySchema.optional(),
});

export interface Published {
  version: VersionView;
  /** False: the draft is what the newest version says already. */
  isNew: boolean;
}

export async function publishPipeline(
  services: Services,
  actor: Actor,
  input: z.input<typeof publishSchema>,
): Promise<Published> {
  authoriseAnywhere(actor, 'pipeline.publish');
  const { id, note, revision, idempotencyKey: key } = parseInput(publishSchema, input);
  authorise(actor, 'pipeline.publish', { pipelineId: id });
  return inTenant(services.db, actor.orgId, async (tx) => {
    const make = async () => {
      const draft = await loadDraft(tx, id);
      if (revision !== undefined && revision !== draft.revision) throw staleDraft(draft.revision);
      const judged = await judgeGraph(services, draft.document);
      const made = { id, judged, note, versionUuid: services.newUuid() };
      const published = await addVersion(tx, actor, made);
      const { number, contentHash } = published.version;
      const after = { version: number, hash: contentHash, note };
      if (published.isNew) await noteIn(tx, auditNote(actor, 'pipeline.published', { target: id, after }));
      return { id: published.version.id, isNew: published.isNew };
    };
    const made = await makeOnce(tx, actor, { key, request: { publish: { id, note, revision } }, make });
    return { version: await loadVersionById(tx, made.id), isNew: made.isNew };
  });
}

export function staleDraft(current: number): SignalboxError {
  return new SignalboxError(
    'STALE_REVISION',
    `The draft has been changed since: it is at revision ${current}.`,
    {
      advice: 'Load the draft again and repeat the change on it.',
      details: { revision: current },
    },
  );
}

export async function addVersion(
  tx: TenantTransaction,
  actor: Actor,
  what: { id: PipelineId; judged: Judged; versionUuid: string; note?: string },
): Promise<Published> {
  const { graph, hash } = what.judged;
  // Two publishers at once: one waits here, and then finds the other's version.
  await tx
    .select({ id: pipelines.id })
    .from(pipelines)
    .where(eq(pipelines.id, toUuid(what.id)))
    .for('update');
  const newest = await findNewestVersion(tx, what.id);
  if (newest?.contentHash === hash) return { version: newest, isNew: false };
  await tx.insert(versions).values({
    id: what.versionUuid,
    orgId: toUuid(actor.orgId),
    pipelineId: toUuid(what.id),
    number: (newest?.number ?? 0) + 1,
    graph: canonicalDocument(graph),
    contentHash: hash,
    capabilities: [...new Set(graph.stages.map(({ type }) => type))],
    hasMarks: hasMarks(graph),
    note: what.note ?? '',
    madeBy: actor.userId && toUuid(actor.userId),
  });
  const version = await findNewestVersion(tx, what.id);
  if (!version) throw new Error(`the version of ${what.id} that was just added is not there`);
  return { version, isNew: true };
}
