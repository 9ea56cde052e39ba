import { and, asc, eq, gt } from 'drizzle-orm';
import { z } from 'zod';
import { lockMember } from '#db/queries/change-member.ts';
import { members, pipelineGrants } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { fromUuid, idSchema, toUuid, type UserId } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { loadPipeline } from '../pipeline/pipeline-view.ts';

const listSchema = z.strictObject({
  ...pageFields,
  limit: pageFields.limit.unwrap().default(200),
  pipelineId: idSchema('pipe'),
});
const grantSchema = z.strictObject({ pipelineId: idSchema('pipe'), userId: idSchema('user') });

export interface GrantView {
  userId: UserId;
  name: string;
  createdAt: Date;
}

/** Who may design this pipeline beyond their role. */
export async function listGrants(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<GrantView>> {
  authorise(actor, 'member.read');
  const { pipelineId, limit, cursor } = parseInput(listSchema, input);
  const paging = { limit, cursors: services.cursors, list: 'grants' };
  const [after] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor);
  const rows = await inTenant(services.db, actor.orgId, async (tx) => {
    await loadPipeline(tx, pipelineId);
    return tx
      .select({ userId: pipelineGrants.userId, name: members.name, createdAt: pipelineGrants.createdAt })
      .from(pipelineGrants)
      .innerJoin(members, eq(members.userId, pipelineGrants.userId))
      .where(
        and(
          eq(pipelineGrants.pipelineId, toUuid(pipelineId)),
          after === undefined ? undefined : gt(pipelineGrants.userId, after),
        ),
      )
      .orderBy(asc(pipelineGrants.userId))
      .limit(limit + 1);
  });
  return toPage(rows, paging, {
    placeOf: ({ userId }) => [userId],
    toItems: ({ userId, ...rest }) => ({ userId: fromUuid('user', userId), ...rest }),
  });
}

/** Again changes nothing. */
export async function addGrant(
  services: Services,
  actor: Actor,
  input: z.input<typeof grantSchema>,
): Promise<void> {
  authorise(actor, 'member.manage');
  const { pipelineId, userId } = parseInput(grantSchema, input);
  await inTenant(services.db, actor.orgId, async (tx) => {
    // Both are looked for within the tenant: neither a foreign pipeline nor a stranger can be named.
    await loadPipeline(tx, pipelineId);
    if (!(await lockMember(tx, actor.orgId, userId))) throw notFound('member', userId);
    await tx
      .insert(pipelineGrants)
      .values({ orgId: toUuid(actor.orgId), pipelineId: toUuid(pipelineId), userId: toUuid(userId) })
      .onConflictDoNothing();
    await noteIn(tx, auditNote(actor, 'grant.added', { target: pipelineId, after: { user: userId } }));
  });
  await services.identity.access.changed(userId);
}

export async function removeGrant(
  services: Services,
  actor: Actor,
  input: z.input<typeof grantSchema>,
): Promise<void> {
  authorise(actor, 'member.manage');
  const { pipelineId, userId } = parseInput(grantSchema, input);
  await inTenant(services.db, actor.orgId, async (tx) => {
    const gone = await tx
      .delete(pipelineGrants)
      .where(
        and(eq(pipelineGrants.pipelineId, toUuid(pipelineId)), eq(pipelineGrants.userId, toUuid(userId))),
      )
      .returning({ userId: pipelineGrants.userId });
    if (gone.length === 0) throw notFound('grant', `${userId} on ${pipelineId}`);
    await noteIn(tx, auditNote(actor, 'grant.removed', { target: pipelineId, before: { user: userId } }));
  });
  await services.identity.access.changed(userId);
}
