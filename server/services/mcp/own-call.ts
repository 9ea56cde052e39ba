import { and, count, desc, eq, inArray, ne } from 'drizzle-orm';
import { apiKeys, auditEntries, type mcpApprovals, memberships } from '#db/schema/index.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { fromUuid, idSchema, toUuid } from '#server/domain/ids.ts';
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
  if (!isPerson(actor)) throw noPerson(actor);
  const isOwn = (await ownCalls(tx, actor, [approval])).has(approval);
  if (isOwn && (await hasOthers(tx, actor))) throw ownCall();
  return { isOwn };
}

/** Those of them that `refuseToGrant` would let pass. */
export async function grantableOf<Open extends Approval>(
  tx: TenantTransaction,
  actor: Actor,
  approvals: readonly Open[],
): Promise<ReadonlySet<Open>> {
  if (approvals.length === 0 || !isPerson(actor)) return new Set();
  const own = await ownCalls(tx, actor, approvals);
  if (own.size === 0 || !(await hasOthers(tx, actor))) return new Set(approvals);
  return new Set(approvals.filter((approval) => !own.has(approval)));
}

const isPerson = ({ kind }: Actor): boolean => kind === 'person' || kind === 'local';

/** Their own, those of a program that acts for them, and of stages of runs that were started so. */
async function ownCalls<Open extends Approval>(
  tx: TenantTransaction,
  { id, userId }: Actor,
  approvals: readonly Open[],
): Promise<ReadonlySet<Open>> {
  const starters = await startersOf(tx, approvals);
  const callers = new Map(
    approvals.map((approval) => {
      const { caller, runId } = approval;
      return [approval, runId === null ? caller.id : starters.get(fromUuid('run', runId))];
    }),
  );
  const people = userId === null ? new Map() : await peopleBehind(tx, [...callers.values()]);
  const isOwn = (approval: Open): boolean => {
    const callerId = callers.get(approval);
    return (
      callerId !== undefined && (callerId === id || (userId !== null && people.get(callerId) === userId))
    );
  };
  return new Set(approvals.filter(isOwn));
}

/** Whoever each run was born for, by the entry of the audit that was written with it. */
async function startersOf(
  tx: TenantTransaction,
  approvals: readonly Approval[],
): Promise<ReadonlyMap<string, string>> {
  const runs = approvals.flatMap(({ runId }) => (runId === null ? [] : [fromUuid('run', runId)]));
  if (runs.length === 0) return new Map();
  const born = await tx
    .select({ run: auditEntries.target, actorId: auditEntries.actorId })
    .from(auditEntries)
    .where(and(inArray(auditEntries.target, runs), inArray(auditEntries.action, BIRTHS)))
    .orderBy(desc(auditEntries.seq));
  // The earliest is set last, and stays.
  return new Map(born.flatMap(({ run, actorId }) => (run === null ? [] : [[run, actorId]])));
}

/** Who made each key, and has let each program in: the entry of that outlives its connection. */
async function peopleBehind(
  tx: TenantTransaction,
  callers: readonly (string | undefined)[],
): Promise<ReadonlyMap<string, string>> {
  const keys = callers.flatMap((caller) => idSchema('key').safeParse(caller).data ?? []);
  const apps = callers.flatMap((caller) => idSchema('app').safeParse(caller).data ?? []);
  const made =
    keys.length === 0
      ? []
      : await tx
          .select({ id: apiKeys.id, by: apiKeys.madeBy })
          .from(apiKeys)
          .where(inArray(apiKeys.id, keys.map(toUuid)));
  const allowed =
    apps.length === 0
      ? []
      : await tx
          .select({ id: auditEntries.target, by: auditEntries.actorId })
          .from(auditEntries)
          .where(and(inArray(auditEntries.target, apps), eq(auditEntries.action, 'app.allowed')));
  return new Map([
    ...made.flatMap(({ id, by }) =>
      by === null ? [] : [[fromUuid('key', id), fromUuid('user', by)] as const],
    ),
    ...allowed.flatMap(({ id, by }) => (id === null ? [] : [[id, by] as const])),
  ]);
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
