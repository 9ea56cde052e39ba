import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import { idSchema } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { listVersionRows, loadPipeline, type VersionView } from './pipeline-view.ts';

const listSchema = z.strictObject({ id: idSchema('pipe'), ...pageFields });
const LIST = 'versions';

/** Newest first. */
export async function listVersions(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<VersionView>> {
  authorise(actor, 'pipeline.read');
  const { id, limit, cursor } = parseInput(listSchema, input);
  const before = cursor === undefined ? undefined : Number(services.cursors.open(LIST, cursor)[0]);
  const rows = await inTenant(services.db, actor.orgId, async (tx) => {
    await loadPipeline(tx, id);
    return listVersionRows(tx, id, { before, limit: limit + 1 });
  });
  return toPage(
    rows,
    { limit, cursors: services.cursors, list: LIST },
    { placeOf: ({ number }) => [String(number)], toItems: (version) => version },
  );
}
