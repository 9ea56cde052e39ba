import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { apiKeys } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { ROLES } from '#server/identity/permissions.ts';
import type { Services } from '../context.ts';
import {
  beyond,
  containing,
  inOrder,
  orderField,
  type Page,
  pageFields,
  sortableTime,
  toPage,
} from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { type KeyView, toKeyView } from './key-view.ts';
import { makerRole, whyKeyStopped } from './maker.ts';

export const KEY_SORTS = ['created', 'name', 'used', 'expires'] as const;

const listSchema = z.strictObject({
  ...pageFields,
  role: z.enum(ROLES).optional(),
  /** Part of its name. */
  search: z.string().max(200).optional(),
  sort: z.enum(KEY_SORTS).default('created'),
  order: orderField.default('asc'),
});

const SORTED: Record<(typeof KEY_SORTS)[number], SQL<string>> = {
  created: sql`${apiKeys.id}::text`,
  name: sql`lower(${apiKeys.name})`,
  used: sortableTime(apiKeys.lastUsedAt),
  expires: sortableTime(apiKeys.expiresAt),
};

/** Those that are not revoked, the oldest first unless asked otherwise. */
export async function listKeys(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<KeyView>> {
  authorise(actor, 'key.read');
  const { limit, cursor, role, search, sort, order } = parseInput(listSchema, input);
  const paging = { limit, cursors: services.cursors, list: `keys ${sort} ${order}` };
  const after = cursor === undefined ? undefined : services.cursors.open(paging.list, cursor);
  const walk = { place: SORTED[sort], id: sql<string>`${apiKeys.id}`, order };
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select({ row: apiKeys, place: walk.place, makerRole: makerRole(apiKeys.madeBy) })
      .from(apiKeys)
      .where(
        and(
          isNull(apiKeys.revokedAt),
          role === undefined ? undefined : eq(apiKeys.role, role),
          containing(search, [apiKeys.name]),
          beyond(walk, after),
        ),
      )
      .orderBy(...inOrder(walk))
      .limit(limit + 1),
  );
  return toPage(rows, paging, {
    placeOf: ({ row, place }) => [place, row.id],
    toItems: ({ row, makerRole: role }) =>
      toKeyView(row, whyKeyStopped({ madeBy: row.madeBy, makerRole: role })),
  });
}
