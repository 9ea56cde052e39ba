import { and, asc, count, eq, ne, or } from 'drizzle-orm';
import { z } from 'zod';
import { members, savedViews } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

/** Lists that can be looked at in views of one's own. */
export const VIEW_PLACES = ['runs'] as const;
export const viewFields = {
  place: z.enum(VIEW_PLACES),
  name: z.string().trim().min(1).max(64),
  query: z.string().max(4096),
};
const placeSchema = z.strictObject({ place: viewFields.place });
const namedSchema = z.strictObject({
  place: viewFields.place,
  name: viewFields.name,
  /** The one of that name that everybody sees, whoever made it. */
  shared: z.boolean().default(false),
});
const saveSchema = z.strictObject({ ...viewFields, shared: z.boolean().default(false) });

/** A menu of more than these would have to be searched. */
const MAX_VIEWS = 50;

export interface SavedView {
  name: string;
  query: string;
  /** Everybody in the organisation sees it. */
  shared: boolean;
  /** It is of whoever asks. */
  mine: boolean;
  /** Who made it, while they are a member. */
  maker: string | null;
}

const ofActor = (actor: Actor, place: string) =>
  and(eq(savedViews.actorId, actor.id), eq(savedViews.place, place));
const sharedNamed = (place: string, name: string) =>
  and(eq(savedViews.shared, true), eq(savedViews.place, place), eq(savedViews.name, name));

/** Those of this actor, and those that others share. */
export async function listViews(
  services: Services,
  actor: Actor,
  input: z.input<typeof placeSchema>,
): Promise<SavedView[]> {
  authorise(actor, 'run.read');
  const { place } = parseInput(placeSchema, input);
  const { name, query, shared, actorId, madeBy } = savedViews;
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select({ name, query, shared, actorId, maker: members.name })
      .from(savedViews)
      .leftJoin(members, eq(members.userId, madeBy))
      .where(or(ofActor(actor, place), and(eq(shared, true), eq(savedViews.place, place))))
      .orderBy(asc(savedViews.createdAt), asc(name)),
  );
  return rows.map(({ actorId: owner, ...view }) => ({ ...view, mine: owner === actor.id }));
}

/** Under a name that is there already: it is another view from now on. */
export async function saveView(
  services: Services,
  actor: Actor,
  input: z.input<typeof saveSchema>,
): Promise<SavedView> {
  authorise(actor, 'run.read');
  const view = parseInput(saveSchema, input);
  if (view.shared) authorise(actor, 'view.share');
  return inTenant(services.db, actor.orgId, async (tx) => {
    const kept = view.shared ? await replaceShared(tx, actor, view) : null;
    if (kept) return kept;
    await refuseTooMany(tx, actor, view);
    await putOwn(tx, actor, view);
    return { ...viewOf(view), mine: true, maker: actor.userId === null ? null : actor.name };
  });
}

type ToSave = z.output<typeof saveSchema>;

const viewOf = ({ name, query, shared }: ToSave) => ({ name, query, shared });

async function putOwn(tx: TenantTransaction, actor: Actor, view: ToSave): Promise<void> {
  const { place, name, query, shared } = view;
  const [before] = await tx
    .select({ shared: savedViews.shared, query: savedViews.query })
    .from(savedViews)
    .where(and(ofActor(actor, place), eq(savedViews.name, name)));
  const madeBy = actor.userId === null ? null : toUuid(actor.userId);
  await tx
    .insert(savedViews)
    .values({ orgId: toUuid(actor.orgId), actorId: actor.id, place, name, query, shared, madeBy })
    .onConflictDoUpdate({
      target: [savedViews.orgId, savedViews.actorId, savedViews.place, savedViews.name],
      set: { query, shared },
    })
    .catch((error) => {
      throw sharedElsewhere(error, name);
    });
  if (shared || before?.shared) {
    const earlier = before?.shared ? before.query : null;
    await tellAudit(tx, actor, { place, name, earlier, query: shared ? query : null });
  }
}

/** Somebody else's that everybody sees: theirs and an admin's to change. Null: there is none. */
async function replaceShared(tx: TenantTransaction, actor: Actor, view: ToSave): Promise<SavedView | null> {
  const { place, name, query } = view;
  const [theirs] = await tx
    .select({ maker: members.name, earlier: savedViews.query })
    .from(savedViews)
    .leftJoin(members, eq(members.userId, savedViews.madeBy))
    .where(and(sharedNamed(place, name), ne(savedViews.actorId, actor.id)));
  if (!theirs) return null;
  authorise(actor, 'view.manage');
  await tx.update(savedViews).set({ query }).where(sharedNamed(place, name));
  await tellAudit(tx, actor, { place, name, earlier: theirs.earlier, query });
  return { ...viewOf(view), mine: false, maker: theirs.maker };
}

async function refuseTooMany(tx: TenantTransaction, actor: Actor, { place, name }: ToSave): Promise<void> {
  const [others] = await tx
    .select({ count: count() })
    .from(savedViews)
    .where(and(ofActor(actor, place), ne(savedViews.name, name)));
  if ((others?.count ?? 0) < MAX_VIEWS) return;
  throw new SignalboxError('CONFLICT', `There are ${MAX_VIEWS} views of this list already.`, {
    advice: 'Remove one of them first.',
  });
}

/** Two shared one under the same name at the same moment. */
function sharedElsewhere(error: unknown, name: string): unknown {
  const { code } = ((error as { cause?: unknown }).cause ?? error) as { code?: unknown };
  if (code !== '23505') return error;
  return new SignalboxError('CONFLICT', `A view named ${JSON.stringify(name)} is shared already.`, {
    advice: 'Choose another name.',
  });
}

const tellAudit = (
  tx: TenantTransaction,
  actor: Actor,
  {
    place,
    name,
    earlier,
    query,
  }: {
    place: string;
    name: string /** Null: it was not shared. */;
    earlier: string | null;
    query: string | null;
  },
) =>
  noteIn(
    tx,
    auditNote(actor, query === null ? 'view.unshared' : 'view.shared', {
      target: `${place}/${name}`,
      before: { query: earlier },
      after: { query },
    }),
  );

/** One that is not there is removed already. */
export async function removeView(
  services: Services,
  actor: Actor,
  input: z.input<typeof namedSchema>,
): Promise<void> {
  authorise(actor, 'run.read');
  const { place, name, shared } = parseInput(namedSchema, input);
  await inTenant(services.db, actor.orgId, async (tx) => {
    const which = shared ? sharedNamed(place, name) : and(ofActor(actor, place), eq(savedViews.name, name));
    const [view] = await tx
      .select({ actorId: savedViews.actorId, shared: savedViews.shared, query: savedViews.query })
      .from(savedViews)
      .where(which);
    if (!view) return;
    if (view.actorId !== actor.id) authorise(actor, 'view.manage');
    await tx.delete(savedViews).where(which);
    if (view.shared) await tellAudit(tx, actor, { place, name, earlier: view.query, query: null });
  });
}
