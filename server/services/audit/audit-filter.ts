import { and, eq, gte, lte, type SQL } from 'drizzle-orm';
import { z } from 'zod';
import { auditEntries } from '#db/schema/index.ts';
import { toUuid } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';

/** What entries are looked for by, in the list and in what is exported of it. All that is given must be true of an entry. */
export const auditFilterFields = {
  actorId: z.string().max(128).optional(),
  action: z.string().max(128).optional(),
  target: z.string().max(256).optional(),
  from: z.iso.datetime().optional(),
  until: z.iso.datetime().optional(),
};
const auditFilterSchema = z.strictObject(auditFilterFields);
export type AuditFilter = z.output<typeof auditFilterSchema>;

/** Within the actor's organisation. */
export const isWanted = (actor: Actor, { actorId, action, target, from, until }: AuditFilter) =>
  and(
    eq(auditEntries.orgId, toUuid(actor.orgId)),
    actorId ? eq(auditEntries.actorId, actorId) : undefined,
    action ? eq(auditEntries.action, action) : undefined,
    target ? eq(auditEntries.target, target) : undefined,
    from ? gte(auditEntries.at, new Date(from)) : undefined,
    until ? lte(auditEntries.at, new Date(until)) : undefined,
  ) as SQL;
