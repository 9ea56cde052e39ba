import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Place, Writer } from '#db/queries/workspace-enter.ts';
import { agents, runs, tasks } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { notFound, SignalboxError } from '#server/domain/errors.ts';
import { fromUuid, parseTaskId, type RunId, type TaskId, toUuid } from '#server/domain/ids.ts';
import { isTaskHeld, isTaskOut } from '#server/domain/statuses.ts';
import { toGlob } from '#server/domain/workspace/glob.ts';
import { toPath } from '#server/domain/workspace/path.ts';
import { type Actor, authorise, authoriseAnywhere } from '#server/identity/actor.ts';
import type { Action } from '#server/identity/permissions.ts';
import type { Services } from '../context.ts';
import { marksOf } from '../run/run-view.ts';

/** A name as the database has it, or why it is none. */
const named = (read: typeof toPath, what: string) =>
  z
    .string()
    .max(4_096)
    .transform((given, context) => {
      const found = read(given);
      if (found.ok) return found.path;
      context.addIssue({ code: 'custom', message: `the ${what} ${found.problem}` });
      return z.NEVER;
    });
export const pathSchema = named(toPath, 'path');
export const globSchema = named(toGlob, 'pattern');

/** Which workspace: that of a run, by its id or that of any of its tasks. */
export const ofSchema = z
  .string()
  .regex(
    /^(run_[0-9a-f]{32}|task_[0-9a-f]{32}_(0|[1-9]\d{0,8}))$/,
    'must be the id of a run or of one of its tasks',
  ) as unknown as z.ZodType<RunId | TaskId, string>;
export const whereFields = { of: ofSchema };

/** Who acts, where one caller stands for several. */
export const whoFields = {
  of: ofSchema,
  as: z
    .string()
    .regex(
      /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,62}$/u,
      'must begin with a letter or digit, and have letters, digits and . _ -',
    )
    .optional(),
  /** Number of the hand-out of the task that the work is part of. */
  epoch: z.int().min(1).optional(),
};
export interface Who {
  of: z.output<typeof ofSchema>;
  as?: string | undefined;
  epoch?: number | undefined;
}

/** Text that Postgres can keep. */
export const plainText = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine(
      (text) => text.isWellFormed() && !text.includes('\u0000'),
      'has a zero character or half a character',
    );

type ReadAction = 'workspace.read';
type WriteAction = Exclude<Extract<Action, `workspace.${string}`>, ReadAction>;

/** For whoever only looks. */
export async function placeOf(services: Services, actor: Actor, of: Who['of']): Promise<Place> {
  authoriseAnywhere(actor, 'workspace.read');
  return (await enter(services, actor, { who: { of }, action: 'workspace.read' })).place;
}

/** The same for whoever reads what was written, which the audit tells of where something is marked sensitive. */
export async function openedPlaceOf(
  services: Services,
  actor: Actor,
  { of, what }: { of: Who['of']; what: string },
): Promise<Place> {
  authoriseAnywhere(actor, 'workspace.read');
  const { place, isRevealed } = await enter(services, actor, { who: { of }, action: 'workspace.read' });
  if (isRevealed) await noteReveal(services, actor, { place, what });
  return place;
}

const noteReveal = (services: Services, actor: Actor, { place, what }: { place: Place; what: string }) =>
  services.record(actor, 'run.revealed', { target: place.runId, after: { read: what } });

/** For whoever changes something: where, and as whom. `reads`: what its answer shows beside, which is read then as well. */
export async function writerOf(
  services: Services,
  actor: Actor,
  { who, action = 'workspace.write', reads }: { who: Who; action?: WriteAction; reads?: string | undefined },
): Promise<{ place: Place; writer: Writer }> {
  authoriseAnywhere(actor, action);
  if (reads !== undefined) authoriseAnywhere(actor, 'workspace.read');
  const { place, hand, isRevealed } = await enter(services, actor, {
    who,
    action,
    alsoReads: reads !== undefined,
  });
  if (reads !== undefined && isRevealed) await noteReveal(services, actor, { place, what: reads });
  return { place, writer: toWriter(actor, who, hand) };
}

interface Entry {
  who: Who;
  action: Action;
  alsoReads?: boolean;
}

async function enter(
  services: Services,
  actor: Actor,
  { who, action, alsoReads = false }: Entry,
): Promise<{ place: Place; hand: Writer['hand']; isRevealed: boolean }> {
  const task = parseTaskId(who.of);
  const runId = task?.runId ?? (who.of as RunId);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const [run] = await tx
      .select({ pipelineId: runs.pipelineId, versionId: runs.versionId })
      .from(runs)
      .where(eq(runs.id, toUuid(runId)));
    if (!run) throw nothing(who.of);
    const wanted = { runId, index: task?.index ?? null };
    // An agent's token opens what its agent works on, and nothing else.
    const hand =
      actor.agent === null ? await claimedHand(tx, who, wanted) : await ownHand(tx, actor.agent, wanted);
    if (actor.agent !== null && hand === null) throw nothing(who.of);
    const pipelineId = run.pipelineId === null ? null : fromUuid('pipe', run.pipelineId);
    const target = { pipelineId, ...(actor.agent === null ? {} : { agent: actor.agent }) };
    authorise(actor, action, target);
    if (alsoReads) authorise(actor, 'workspace.read', target);
    // Its files are what all its stages work on: which of them hold something sensitive nobody can tell.
    const isOpen = actor.agent !== null || !(await marksOf(services, run)).isAny;
    if (!isOpen) authorise(actor, 'run.sensitive', { pipelineId });
    return { place: { runId, orgId: actor.orgId }, hand, isRevealed: !isOpen };
  });
}

const nothing = (of: string): SignalboxError => notFound(of.startsWith('task_') ? 'task' : 'run', of);

interface Wanted {
  runId: RunId;
  index: number | null;
}

const HAND = { index: tasks.index, epoch: tasks.epoch, stageKey: tasks.stageKey, status: tasks.status };

/** The task that the agent works on: the one that was named, or the first of the run. */
async function ownHand(
  tx: TenantTransaction,
  agent: string,
  { runId, index }: Wanted,
): Promise<Writer['hand']> {
  const rows = await tx
    .select(HAND)
    .from(tasks)
    .innerJoin(agents, eq(agents.id, tasks.agentId))
    .where(and(eq(tasks.runId, toUuid(runId)), eq(agents.name, agent)))
    .orderBy(tasks.index);
  const held = rows.filter(({ status }) => isTaskHeld(status));
  return held.find((row) => row.index === index) ?? held[0] ?? null;
}

/** Whoever names a hand-out works for that stage, if it is the current one. */
async function claimedHand(
  tx: TenantTransaction,
  { of, epoch }: Who,
  { runId, index }: Wanted,
): Promise<Writer['hand']> {
  if (epoch === undefined || index === null) return null;
  const [row] = await tx
    .select(HAND)
    .from(tasks)
    .where(and(eq(tasks.runId, toUuid(runId)), eq(tasks.index, index)));
  if (row && row.epoch === epoch && isTaskOut(row.status)) return row;
  throw new SignalboxError('STALE_EPOCH', `${of} is not out under hand-out ${epoch}.`, {
    advice: 'Stop: the task has gone to another hand-out, or is over.',
  });
}

/** One agent's work on two stages is that of two: each has claims and an inbox of its own. */
export function toWriter(
  actor: Pick<Actor, 'kind' | 'id' | 'name' | 'agent'>,
  who: Who,
  hand: Writer['hand'],
): Writer {
  const { as } = who;
  const base = actor.agent === null ? `${actor.kind}:${actor.id}` : `agent:${actor.agent}`;
  return {
    holder: [base, hand && `stage:${hand.stageKey}`, as && `as:${as}`].filter(Boolean).join('/'),
    name: as ?? actor.agent ?? actor.name,
    hand: hand && { stageKey: hand.stageKey, index: hand.index, epoch: hand.epoch },
  };
}
