import { asc, gt } from 'drizzle-orm';
import { z } from 'zod';
import { members } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { fromUuid, idSchema, toUuid, type UserId } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Role } from '#server/identity/permissions.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';

const listSchema = z.strictObject({ ...pageFields, cursor: idSchema('user').optional() });

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
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select()
      .from(members)
      .where(cursor ? gt(members.userId, toUuid(cursor)) : undefined)
      .orderBy(asc(members.userId))
      .limit(limit + 1),
  );
  return toPage(rows, limit, {
    idOf: (row) => fromUuid('user', row.userId),
    toItem: ({ userId, name, email, role, createdAt }) => ({
      id: fromUuid('user', userId),
      ...{ name, email, role, createdAt },
    }),
  });
}
