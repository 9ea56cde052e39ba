import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import type { Problem } from '#server/domain/graph/validate.ts';
import { idSchema } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { type DraftView, loadDraft } from './pipeline-view.ts';

const getSchema = z.strictObject({ id: idSchema('pipe') });

export async function getDraft(
  services: Services,
  actor: Actor,
  input: z.input<typeof getSchema>,
): Promise<DraftView & { problems: Problem[] }> {
  authorise(actor, 'pipeline.read');
  const { id } = parseInput(getSchema, input);
  const draft = await inTenant(services.db, actor.orgId, (tx) => loadDraft(tx, id));
  return { ...draft, problems: (await services.documents.judge(draft.document)).problems };
}
