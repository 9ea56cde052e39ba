import { z } from 'zod';
import { toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { OrgView, OwnOrg } from '#server/identity/orgs.ts';
import { personOf } from '../account/person-of.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, pageOf, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';

const ownSchema = z.strictObject({ ...pageFields, limit: pageFields.limit.unwrap().default(200) });
const listSchema = z.strictObject({
  ...pageFields,
  /** Part of the name. */
  search: z.string().max(200).optional(),
});

export interface MyOrg extends OwnOrg {
  /** The one that the session is in. */
  isCurrent: boolean;
}

/** Those that one is a member of, the oldest membership first. */
export async function listOwnOrgs(
  services: Services,
  actor: Actor,
  input: z.input<typeof ownSchema> = {},
): Promise<Page<MyOrg>> {
  const { userId } = personOf(actor);
  const page = parseInput(ownSchema, input);
  const all = await services.identity.orgs.ofPerson(userId);
  return pageOf(
    all.map((org) => ({ ...org, isCurrent: org.id === actor.orgId })),
    { ...page, list: 'own organisations', cursors: services.cursors },
    ({ joinedAt, id }) => [joinedAt.getTime(), id],
  );
}

/** Those of the whole installation, closed ones too, the newest first. */
export async function listOrgs(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<OrgView>> {
  authorise(actor, 'org.create');
  const { limit, cursor, search } = parseInput(listSchema, input);
  const paging = { limit, cursors: services.cursors, list: 'organisations' };
  const [before] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor);
  const rows = await services.identity.orgs.list({ before, search, limit: limit + 1 });
  return toPage(rows, paging, { placeOf: ({ id }) => [toUuid(id)], toItems: (row) => row });
}
