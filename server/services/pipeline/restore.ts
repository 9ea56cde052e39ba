import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import { idSchema } from '#server/domain/ids.ts';
import { type Actor, authorise, authoriseAnywhere } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { type DraftView, loadDraft, loadVersion } from './pipeline-view.ts';
import { saveDraft } from './save-draft.ts';

export const restoreSchema = z.strictObject({
  id: idSchema('pipe'),
  number: z.int().min(1),
  /** The draft's revision that is given up for it. */
  revision: z.int().min(1),
});

/** The draft becomes what the version says. Nothing is published. */
export async function restoreVersion(
  services: Services,
  actor: Actor,
  input: z.input<typeof restoreSchema>,
): Promise<DraftView> {
  authoriseAnywhere(actor, 'pipeline.edit');
  const { id, number, revision } = parseInput(restoreSchema, input);
  authorise(actor, 'pipeline.edit', { pipelineId: id });
  return inTenant(services.db, actor.orgId, async (tx) => {
    const { graph } = await loadVersion(tx, id, number);
    const after = await saveDraft(tx, { id, revision, document: graph });
    const change = { target: id, before: { revision }, after: { revision: after, version: number } };
    await noteIn(tx, auditNote(actor, 'pipeline.restored', change));
    return loadDraft(tx, id);
  });
}
