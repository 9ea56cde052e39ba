import { asc, gt } from 'drizzle-orm';
import { z } from 'zod';
import { members } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { fromUuid, type UserId } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Role } from '#server/identity/permissions.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';

const listSchema = z.strictObject(pageFields);
const LIST = 'members';

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
  const { limit, cursor } = parseInput(listSchema, input);
  const [after] = cursor === undefined ? [] : services.cursors.open(LIST, cursor);
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select()
      .from(members)
      .where(after === undefined ? undefined : gt(members.userId, after))
      .orderBy(asc(members.userId))
      .limit(limit + 1),
  );
  return toPage(
    rows,
    { limit, cursors: services.cursors, list: LIST },
    {
      placeOf: (row) => [row.userId],
      toItems: ({ userId, name, email, role, createdAt }) => ({
        id: fromUuid('user', userId),
        ...{ name, email, role, createdAt },
      }),
    },
  );
}
