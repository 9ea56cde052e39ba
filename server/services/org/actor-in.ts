import { notFound } from '#server/domain/errors.ts';
import type { OrgId } from '#server/domain/ids.ts';
import { type Actor, NO_GRANTS } from '#server/identity/actor.ts';
import { personOf } from '../account/person-of.ts';
import type { Services } from '../context.ts';

/** The same person as they are in another organisation of theirs. One that is not theirs is as if it were not there. */
export async function actorIn(services: Services, actor: Actor, id: OrgId): Promise<Actor> {
  const { userId } = personOf(actor);
  if (id === actor.orgId) return actor;
  const there = (await services.identity.orgs.ofPerson(userId)).find((org) => org.id === id);
  if (!there) throw notFound('organisation', id);
  return { ...actor, orgId: id, role: there.role, grants: NO_GRANTS };
}
