import type { OrgId } from '#server/domain/ids.ts';
import { type Actor, mayAnywhere } from '#server/identity/actor.ts';
import type { Account } from '#server/identity/people.ts';
import { ACTIONS, type Action, type Role, type Scope } from '#server/identity/permissions.ts';
import type { Services } from '../context.ts';

export interface Me {
  kind: Actor['kind'];
  id: string;
  name: string;
  orgId: OrgId;
  /** Null: there is none of that id. */
  orgName: string | null;
  role: Role | null;
  scopes: readonly Scope[] | null;
  /** What there is to do for this actor: for whoever draws the buttons. Verbs decide by themselves. */
  may: Action[];
  /** Null for what is no person. */
  account: Account | null;
}

/** Who the server takes you for. */
export async function getMe(services: Services, actor: Actor): Promise<Me> {
  const { kind, id, name, orgId, role, scopes, userId } = actor;
  const { people, orgs } = services.identity;
  const [account, orgName] = await Promise.all([
    kind === 'person' && userId ? people.account(userId) : undefined,
    orgs.nameOf(orgId),
  ]);
  const may = ACTIONS.filter((action) => mayAnywhere(actor, action));
  return { kind, id, name, orgId, orgName: orgName ?? null, role, scopes, may, account: account ?? null };
}
