import { and, asc, gt, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { apiKeys } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { type KeyView, toKeyView } from './key-view.ts';

const listSchema = z.strictObject(pageFields);

/** Those that are not revoked, the oldest first. */
export async function listKeys(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<KeyView>> {
  authorise(actor, 'key.read');
  const { limit, cursor } = parseInput(listSchema, input);
  const paging = { limit, cursors: services.cursors, list: 'keys' };
  const [after] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor);
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select()
      .from(apiKeys)
      .where(and(isNull(apiKeys.revokedAt), after === undefined ? undefined : gt(apiKeys.id, after)))
      .orderBy(asc(apiKeys.id))
      .limit(limit + 1),
  );
  return toPage(rows, paging, { placeOf: ({ id }) => [id], toItems: toKeyView });
}
