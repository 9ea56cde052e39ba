import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { members, memberships } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { idSchema, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { stopWhatTheyMade } from '../key/maker.ts';
import { parseInput } from '../parse-input.ts';
import { holdMember } from './change-role.ts';

const removeSchema = z.strictObject({ id: idSchema('user') });

/** Takes somebody out of the organisation, with their grants, sessions and the rights of their keys; or leaves it. */
export async function removeMember(
  services: Services,
  actor: Actor,
  input: z.input<typeof removeSchema>,
): Promise<void> {
  const isPerson = actor.kind === 'person';
  if (!isPerson) authorise(actor, 'member.manage');
  const { id } = parseInput(removeSchema, input);
  const isSelf = isPerson && actor.userId === id;
  if (!isSelf) authorise(actor, 'member.manage');
  await inTenant(services.db, actor.orgId, async (tx) => {
    const role = await holdMember(tx, actor, { id, staysOwner: false });
    if (role === 'owner' && !isSelf) authorise(actor, 'owner.manage');
    const [{ email } = { email: null }] = await tx
      .select({ email: members.email })
      .from(members)
      .where(eq(members.userId, toUuid(id)));
    const stopped = await stopWhatTheyMade(tx, id, { role: null, email });
    // Their sessions here end with it.
    await tx
      .delete(memberships)
      .where(and(eq(memberships.orgId, toUuid(actor.orgId)), eq(memberships.userId, toUuid(id))));
    const what = {
      target: id,
      before: { role },
      ...(Object.keys(stopped).length > 0 ? { after: { stopped } } : {}),
    };
    await noteIn(tx, auditNote(actor, isSelf ? 'member.left' : 'member.removed', what));
  });
  await services.identity.access.changed(id);
}
