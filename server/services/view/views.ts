import { and, asc, count, eq, ne } from 'drizzle-orm';
import { z } from 'zod';
import { savedViews } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
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
const namedSchema = z.strictObject({ place: viewFields.place, name: viewFields.name });
const saveSchema = z.strictObject(viewFields);

/** A menu of more than these would have to be searched. */
const MAX_VIEWS = 50;

export interface SavedView {
  name: string;
  query: string;
}

const ofActor = (actor: Actor, place: string) =>
  and(eq(savedViews.actorId, actor.id), eq(savedViews.place, place));

/** Those of this actor; nobody else sees them. */
export async function listViews(
  services: Services,
  actor: Actor,
  input: z.input<typeof placeSchema>,
): Promise<SavedView[]> {
  authorise(actor, 'run.read');
  const { place } = parseInput(placeSchema, input);
  return inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select({ name: savedViews.name, query: savedViews.query })
      .from(savedViews)
      .where(ofActor(actor, place))
      .orderBy(asc(savedViews.createdAt), asc(savedViews.name)),
  );
}

/** Under a name that is there already: it is another view from now on. */
export async function saveView(
  services: Services,
  actor: Actor,
  input: z.input<typeof saveSchema>,
): Promise<SavedView> {
  authorise(actor, 'run.read');
  const { place, name, query } = parseInput(saveSchema, input);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const [others] = await tx
      .select({ count: count() })
      .from(savedViews)
      .where(and(ofActor(actor, place), ne(savedViews.name, name)));
    if ((others?.count ?? 0) >= MAX_VIEWS) {
      throw new SignalboxError('CONFLICT', `There are ${MAX_VIEWS} views of this list already.`, {
        advice: 'Remove one of them first.',
      });
    }
    await tx
      .insert(savedViews)
      .values({ orgId: toUuid(actor.orgId), actorId: actor.id, place, name, query })
      .onConflictDoUpdate({
        target: [savedViews.orgId, savedViews.actorId, savedViews.place, savedViews.name],
        set: { query },
      });
    return { name, query };
  });
}

/** One that is not there is removed already. */
export async function removeView(
  services: Services,
  actor: Actor,
  input: z.input<typeof namedSchema>,
): Promise<void> {
  authorise(actor, 'run.read');
  const { place, name } = parseInput(namedSchema, input);
  await inTenant(services.db, actor.orgId, (tx) =>
    tx.delete(savedViews).where(and(ofActor(actor, place), eq(savedViews.name, name))),
  );
}
