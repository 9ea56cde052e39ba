import { and, eq, notLike, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { secrets } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound, SignalboxError } from '#server/domain/errors.ts';
import { toUuid } from '#server/domain/ids.ts';
import { MCP_SECRETS } from '#server/domain/mcp.ts';
import { SIGNING_PREFIX } from '#server/domain/notifications.ts';
import { SECRET_NAME } from '#server/domain/secret-references.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
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
import { reconnectUsers, refuseIfUsed, refuseReserved, usersOf } from './uses.ts';

export const secretNameSchema = z
  .string()
  .regex(SECRET_NAME, 'must begin with a letter or digit and have letters, digits and _ . / -');
export const SECRET_SORTS = ['name', 'created', 'updated'] as const;

const listSchema = z.strictObject({
  ...pageFields,
  search: z.string().max(128).optional(),
  sort: z.enum(SECRET_SORTS).default('name'),
  order: orderField.default('asc'),
});
const putSchema = z.strictObject({ name: secretNameSchema, value: z.string().min(1).max(65_536) });
const deleteSchema = z.strictObject({ name: secretNameSchema });

/** All that anybody is told of a secret. */
export interface SecretView {
  name: string;
  version: number;
  createdAt: Date;
  updatedAt: Date;
  /** The MCP connections whose values name it, by their slugs. */
  usedBy: string[];
}

const VIEW = {
  name: secrets.name,
  version: secrets.version,
  createdAt: secrets.createdAt,
  updatedAt: secrets.updatedAt,
};

const SORTED: Record<(typeof SECRET_SORTS)[number], SQL<string>> = {
  name: sql`${secrets.name}`,
  created: sortableTime(secrets.createdAt),
  updated: sortableTime(secrets.updatedAt),
};

/** By name, unless asked otherwise. */
export async function listSecrets(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<SecretView>> {
  authorise(actor, 'secret.manage');
  const { limit, cursor, search, sort, order } = parseInput(listSchema, input);
  const paging = { limit, cursors: services.cursors, list: `secrets ${sort} ${order}` };
  const after = cursor === undefined ? undefined : services.cursors.open(paging.list, cursor);
  const walk = { place: SORTED[sort], id: sql<string>`${secrets.name}`, order };
  return inTenant(services.db, actor.orgId, async (tx) => {
    const rows = await tx
      .select({ view: VIEW, place: walk.place })
      .from(secrets)
      .where(
        and(
          eq(secrets.orgId, toUuid(actor.orgId)),
          beyond(walk, after),
          containing(search, [secrets.name]),
          notLike(secrets.name, `${SIGNING_PREFIX}%`),
          notLike(secrets.name, `${MCP_SECRETS}%`),
        ),
      )
      .orderBy(...inOrder(walk))
      .limit(limit + 1);
    const names = rows.map(({ view }) => view.name);
    const users = await usersOf(tx, actor, names);
    return toPage(rows, paging, {
      placeOf: ({ view, place }) => [place, view.name],
      toItems: ({ view }) => ({ ...view, usedBy: users.get(view.name) ?? [] }),
    });
  });
}

/** Stores a value under a name, in place of the one that was there. Connections that use it go on with the new one. */
export async function putSecret(
  services: Services,
  actor: Actor,
  input: z.input<typeof putSchema>,
): Promise<SecretView> {
  authorise(actor, 'secret.manage');
  const { name, value } = parseInput(putSchema, input);
  refuseReserved(name);
  const orgId = toUuid(actor.orgId);
  const here = and(eq(secrets.orgId, orgId), eq(secrets.name, name));
  const saved = await inTenant(services.db, actor.orgId, async (tx) => {
    const [known] = await tx.select({ version: secrets.version }).from(secrets).where(here);
    const version = (known?.version ?? 0) + 1;
    const sealed = services.secrets.seal(value, { orgUuid: orgId, name, version });
    const [saved] = known
      ? await tx
          .update(secrets)
          .set({ version, ...sealed })
          .where(and(here, eq(secrets.version, known.version)))
          .returning(VIEW)
      : await tx
          .insert(secrets)
          .values({ orgId, name, version, ...sealed })
          .onConflictDoNothing()
          .returning(VIEW);
    if (!saved) throw storedMeanwhile(name);
    const change = { ...(known ? { before: known } : {}), after: { version } };
    await noteIn(tx, auditNote(actor, 'secret.stored', { target: name, ...change }));
    return { ...saved, usedBy: await reconnectUsers(tx, actor, name) };
  });
  if (saved.usedBy.length > 0) await services.gateway.changed(actor.orgId);
  return saved;
}

export async function deleteSecret(
  services: Services,
  actor: Actor,
  input: z.input<typeof deleteSchema>,
): Promise<void> {
  authorise(actor, 'secret.manage');
  const { name } = parseInput(deleteSchema, input);
  refuseReserved(name);
  await inTenant(services.db, actor.orgId, async (tx) => {
    const here = and(eq(secrets.orgId, toUuid(actor.orgId)), eq(secrets.name, name));
    // Whoever names it in a connection at this moment has its row first, or finds it gone.
    const [gone] = await tx.select({ version: secrets.version }).from(secrets).where(here).for('update');
    if (!gone) throw notFound('secret', name);
    await refuseIfUsed(tx, actor, name);
    await tx.delete(secrets).where(here);
    await noteIn(tx, auditNote(actor, 'secret.deleted', { target: name, before: gone }));
  });
}

function storedMeanwhile(name: string): SignalboxError {
  return new SignalboxError('CONFLICT', `Somebody else has just stored the secret ${name}.`, {
    advice: 'Store it again if yours is the right value.',
  });
}
