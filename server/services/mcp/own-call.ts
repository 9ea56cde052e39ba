import { and, asc, count, eq, inArray, ne } from 'drizzle-orm';
import { apiKeys, auditEntries, type mcpApprovals, memberships } from '#db/schema/index.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { fromUuid, idSchema, type RunId, toUuid, type UserId } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import { permissionOf, type Role } from '#server/identity/permissions.ts';

type Approval = Pick<typeof mcpApprovals.$inferSelect, 'caller' | 'runId'>;

/** By which a run comes about, as the audit has it. */
const BIRTHS = ['run.started', 'run.replayed', 'task.submitted'];

/**
 * People are asked so that somebody looks who is no program, and not the one who wants the call. Answers whether it is their
 * own all the same: where nobody else could grant it, whoever is alone goes on.
 */
export async function refuseToGrant(
  tx: TenantTransaction,
  actor: Actor,
  approval: Approval,
): Promise<{ isOwn: boolean }> {
  if (actor.kind !== 'person' && actor.kind !== 'local') throw noPerson(actor);
  const isOwn = await isOwnCall(tx, actor, approval);
  if (isOwn && (await hasOthers(tx, actor))) throw ownCall();
  return { isOwn };
}

/** Their own, one of a program that acts for them, or of a stage of a run that was started so. */
async function isOwnCall(tx: TenantTransaction, actor: Actor, { caller, runId }: Approval): Promise<boolean> {
  const callerId = runId === null ? caller.id : await starterOf(tx, fromUuid('run', runId));
  if (callerId === undefined) return false;
  if (callerId === actor.id) return true;
  return actor.userId !== null && (await personBehind(tx, callerId)) === actor.userId;
}

/** Whoever the run was born for, by the entry of the audit that was written with it. */
async function starterOf(tx: TenantTransaction, runId: RunId): Promise<string | undefined> {
  const [born] = await tx
    .select({ actorId: auditEntries.actorId })
    .from(auditEntries)
    .where(and(eq(auditEntries.target, runId), inArray(auditEntries.action, BIRTHS)))
    .orderBy(asc(auditEntries.seq))
    .limit(1);
  return born?.actorId;
}

/** Who made the key, or has let the program in: the entry of that outlives its connection. */
async function personBehind(tx: TenantTransaction, callerId: string): Promise<UserId | undefined> {
  const key = idSchema('key').safeParse(callerId);
  if (key.success) {
    const [made] = await tx
      .select({ by: apiKeys.madeBy })
      .from(apiKeys)
      .where(eq(apiKeys.id, toUuid(key.data)));
    return made?.by ? fromUuid('user', made.by) : undefined;
  }
  if (!idSchema('app').safeParse(callerId).success) return undefined;
  const [allowed] = await tx
    .select({ by: auditEntries.actorId })
    .from(auditEntries)
    .where(and(eq(auditEntries.target, callerId), eq(auditEntries.action, 'app.allowed')))
    .limit(1);
  return allowed?.by as UserId | undefined;
}

async function hasOthers(tx: TenantTransaction, { orgId, userId }: Actor): Promise<boolean> {
  const roles = permissionOf('mcp.decide').roles as Role[];
  const [{ others } = { others: 0 }] = await tx
    .select({ others: count() })
    .from(memberships)
    .where(
      and(
        eq(memberships.orgId, toUuid(orgId)),
        inArray(memberships.role, roles),
        userId === null ? undefined : ne(memberships.userId, toUuid(userId)),
      ),
    );
  return others > 0;
}

function noPerson({ name }: Actor): SignalboxError {
  return new SignalboxError('FORBIDDEN', `People are asked, and ${name} is a program: it grants no call.`, {
    advice: 'Grant it in the panel, signed in, or on the server’s own machine. To refuse it a key will do.',
  });
}

function ownCall(): SignalboxError {
  return new SignalboxError(
    'FORBIDDEN',
    'This call is your own, or that of your key, app or run: somebody else has to grant it.',
    { advice: 'Ask another owner, admin or operator.' },
  );
}
