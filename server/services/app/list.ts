import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { appConnections, members } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { type AppId, fromUuid, idSchema, toUuid, type UserId } from '#server/domain/ids.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Scope } from '#server/identity/permissions.ts';
import { personOf } from '../account/person-of.ts';
import type { Services } from '../context.ts';
import { beyond, inOrder, type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';

const listSchema = z.strictObject({
  ...pageFields,
  /** Of everybody in the organisation, and not one's own alone. */
  ofAll: z.boolean().default(false),
});
const endSchema = z.strictObject({ id: idSchema('app') });

export interface AppView {
  id: AppId;
  name: string;
  clientId: string;
  redirectHost: string;
  scopes: Scope[];
  /** The address at which it counts, and nowhere else. */
  path: string;
  /** Whoever let it in. */
  by: { id: UserId; name: string };
  allowedAt: Date;
  /** To the minute. */
  lastUsedAt: Date | null;
  lastUsedFrom: string | null;
}

/** Programs that were let in and have come, the newest first. */
export async function listApps(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema> = {},
): Promise<Page<AppView>> {
  const { userId } = personOf(actor);
  const { limit, cursor, ofAll } = parseInput(listSchema, input);
  if (ofAll) authorise(actor, 'key.read');
  const paging = { limit, cursors: services.cursors, list: ofAll ? 'all apps' : 'apps' };
  const after = cursor === undefined ? undefined : services.cursors.open(paging.list, cursor);
  const id = sql<string>`${appConnections.id}::text`;
  const walk = { place: id, id, order: 'desc' } as const;
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select({ row: appConnections, person: members.name })
      .from(appConnections)
      .innerJoin(members, eq(members.userId, appConnections.userId))
      .where(
        and(
          isNotNull(appConnections.connectedAt),
          ofAll ? undefined : eq(appConnections.userId, toUuid(userId)),
          beyond(walk, after),
        ),
      )
      .orderBy(...inOrder(walk))
      .limit(limit + 1),
  );
  return toPage(rows, paging, {
    placeOf: ({ row }) => [row.id, row.id],
    toItems: ({ row, person }) => toView(row, person),
  });
}

/** At once and for good, in every process: one's own, or anybody's for those who look after keys. */
export async function endApp(
  services: Services,
  actor: Actor,
  input: z.input<typeof endSchema>,
): Promise<void> {
  const { userId } = personOf(actor);
  const { id } = parseInput(endSchema, input);
  await inTenant(services.db, actor.orgId, async (tx) => {
    const which = eq(appConnections.id, toUuid(id));
    const [row] = await tx.select({ userId: appConnections.userId }).from(appConnections).where(which);
    const isMine = row !== undefined && fromUuid('user', row.userId) === userId;
    if (!row || !(isMine || may(actor, 'key.manage'))) throw notFound('connected app', id);
    const [gone] = await tx.delete(appConnections).where(which).returning({ name: appConnections.name });
    if (!gone) throw notFound('connected app', id);
    await noteIn(tx, auditNote(actor, 'app.revoked', { target: id, before: { name: gone.name } }));
  });
  await services.identity.access.changed(id);
}

function toView(row: typeof appConnections.$inferSelect, person: string): AppView {
  return {
    id: fromUuid('app', row.id),
    name: row.name,
    clientId: row.clientId,
    redirectHost: row.redirectHost,
    scopes: row.scopes as Scope[],
    path: row.path,
    by: { id: fromUuid('user', row.userId), name: person },
    allowedAt: row.allowedAt,
    lastUsedAt: row.lastUsedAt,
    lastUsedFrom: row.lastUsedFrom,
  };
}
