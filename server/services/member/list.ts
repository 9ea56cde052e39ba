import { and, eq, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { members } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { fromUuid, type UserId } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { ROLES, type Role } from '#server/identity/permissions.ts';
import type { Services } from '../context.ts';
import { beyond, containing, inOrder, orderField, type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';

export const MEMBER_SORTS = ['created', 'name', 'role'] as const;

const listSchema = z.strictObject({
  ...pageFields,
  role: z.enum(ROLES).optional(),
  /** Part of a name or e-mail address. */
  search: z.string().max(200).optional(),
  sort: z.enum(MEMBER_SORTS).default('created'),
  order: orderField.default('asc'),
});

const SORTED: Record<(typeof MEMBER_SORTS)[number], SQL<string>> = {
  created: sql`${members.userId}::text`,
  name: sql`lower(${members.name})`,
  role: sql`${members.role}`,
};

export interface MemberView {
  id: UserId;
  name: string;
  email: string | null;
  role: Role;
  createdAt: Date;
}

export async function listMembers(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<MemberView>> {
  authorise(actor, 'member.read');
  const { limit, cursor, role, search, sort, order } = parseInput(listSchema, input);
  const list = `members ${sort} ${order}`;
  const after = cursor === undefined ? undefined : services.cursors.open(list, cursor);
  const walk = { place: SORTED[sort], id: sql<string>`${members.userId}`, order };
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select({
        userId: members.userId,
        name: members.name,
        email: members.email,
        role: members.role,
        createdAt: members.createdAt,
        place: walk.place,
      })
      .from(members)
      .where(
        and(
          role === undefined ? undefined : eq(members.role, role),
          containing(search, [members.name, members.email]),
          beyond(walk, after),
        ),
      )
      .orderBy(...inOrder(walk))
      .limit(limit + 1),
  );
  return toPage(
    rows,
    { limit, cursors: services.cursors, list },
    {
      placeOf: ({ place, userId }) => [place, userId],
      toItems: ({ userId, name, email, role, createdAt }) => ({
        id: fromUuid('user', userId),
        ...{ name, email, role, createdAt },
      }),
    },
  );
}
