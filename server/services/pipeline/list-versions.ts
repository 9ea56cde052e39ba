import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import { idSchema } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { pageFields } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { listVersionRows, loadPipeline, type VersionView } from './pipeline-view.ts';

const listSchema = z.strictObject({ id: idSchema('pipe'), limit: pageFields.limit });

/** Newest first. */
export async function listVersions(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<VersionView[]> {
  authorise(actor, 'pipeline.read');
  const { id, limit } = parseInput(listSchema, input);
  return inTenant(services.db, actor.orgId, async (tx) => {
    await loadPipeline(tx, id);
    return listVersionRows(tx, id, limit);
  });
}
