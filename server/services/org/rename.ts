import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { orgs } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { idSchema, type OrgId, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { actorIn } from './actor-in.ts';
import { orgNameSchema } from './create.ts';

const renameSchema = z.strictObject({ id: idSchema('org'), name: orgNameSchema });

export async function renameOrg(
  services: Services,
  actor: Actor,
  input: z.input<typeof renameSchema>,
): Promise<{ id: OrgId; name: string }> {
  const { id, name } = parseInput(renameSchema, input);
  const owner = await actorIn(services, actor, id);
  authorise(owner, 'org.manage');
  await inTenant(services.db, id, async (tx) => {
    const [was] = await tx.select({ name: orgs.name }).from(orgs).for('no key update');
    if (!was) throw notFound('organisation', id);
    await tx
      .update(orgs)
      .set({ name })
      .where(eq(orgs.id, toUuid(id)));
    const what = { target: id, before: { name: was.name }, after: { name } };
    await noteIn(tx, auditNote(owner, 'org.renamed', what));
  });
  return { id, name };
}
