import { and, eq, sql } from 'drizzle-orm';
import { drafts } from '#db/schema/index.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import { type PipelineId, toUuid } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { loadDraft } from './pipeline-view.ts';
import { staleDraft } from './publish.ts';

/** Writes the draft on the revision that the writer has seen, and on no other. Answers with the new one. */
export async function saveDraft(
  tx: TenantTransaction,
  { id, revision, document }: { id: PipelineId; revision: number; document: JsonObject },
): Promise<number> {
  // Looked at first for its error: an archived pipeline takes no changes.
  await loadDraft(tx, id);
  const [saved] = await tx
    .update(drafts)
    .set({ document, revision: sql`${drafts.revision} + 1` })
    .where(and(eq(drafts.pipelineId, toUuid(id)), eq(drafts.revision, revision)))
    .returning({ revision: drafts.revision });
  if (saved) return saved.revision;
  throw staleDraft((await loadDraft(tx, id)).revision);
}
